# shellcheck shell=bash
# The node's own mounts, cgroups, kernel settings and bridge. Sourced by `node`, inside fresh namespaces.

enter_namespaces() {
    hostname node1
    ip link set lo up
    mount --make-rshared /
    mount_cgroups
    mount -t tmpfs tmpfs /run
    mkdir -p /run/lock
    mount -t tmpfs -o mode=1777 tmpfs /dev/shm
    local folder
    for folder in /var/lib/cni /var/lib/kubelet /var/lib/containerd /etc/cni/net.d /var/log/pods /var/log/containers; do
        mkdir -p "$folder"
        mount -t tmpfs tmpfs "$folder"
        mount --make-rshared "$folder"
    done
    mkdir -p "$state/sys" "$pki" "$logs"
    settings
    network
}

mount_cgroups() {
    # The container runtime of Debian 12 works with either version of cgroups; the machine decides which there is.
    if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
        mount -t cgroup2 cgroup2 /sys/fs/cgroup
        return
    fi
    mount -t tmpfs tmpfs /sys/fs/cgroup
    local controller
    for controller in cpu cpuacct cpuset memory devices freezer blkio pids; do
        mkdir -p "/sys/fs/cgroup/$controller"
        mount -t cgroup -o "$controller" cgroup "/sys/fs/cgroup/$controller"
    done
    mkdir -p /sys/fs/cgroup/systemd
    mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd
}

# What the kubelet wants to find in kernel settings of the whole machine: shown to it here, left alone there.
settings() {
    local setting file
    for setting in vm/overcommit_memory=1 kernel/panic=10 kernel/panic_on_oops=1; do
        file=$state/sys/$(basename "${setting%=*}")
        echo "${setting#*=}" >"$file"
        mount --bind "$file" "/proc/sys/${setting%=*}"
    done
}

network() {
    echo 1 >/proc/sys/net/ipv4/ip_forward # of this network namespace
    ip link add cni0 type bridge
    ip addr add "$bridge/16" dev cni0
    ip link set cni0 up
    ip route add default dev cni0
    # Names of the cluster resolve for the tests as they do for pods.
    printf 'nameserver %s\nsearch throughline.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\n' "$bridge" >"$state/resolv.host"
    mount --bind "$state/resolv.host" "$(realpath /etc/resolv.conf)"
}
