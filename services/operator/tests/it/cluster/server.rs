//! etcd and kube-apiserver on loopback, for one test.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::api::rbac::v1::{Role, RoleBinding};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Patch, PatchParams, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::runtime::conditions::is_crd_established;
use kube::runtime::wait::await_condition;
use kube::{Api, Client, Config};
use serde_json::{Value, json};
use tempfile::TempDir;
use throughline_testkit::eventually;

const NAMESPACES: [&str; 5] = ["rules", "field", "calm", "crash", "stop"];
const ACCOUNT: &str = "system:serviceaccount:throughline:throughline-operator";

pub struct Server {
    folder: TempDir,
    kubectl: PathBuf,
    port: u16,
    _processes: [Process; 2],
}

/// Ends with the test.
struct Process(std::process::Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[expect(clippy::disallowed_methods, reason = "a test asks where its binaries are")]
fn find(binary: &str) -> Option<PathBuf> {
    let own = std::env::var("KUBE_BIN").ok().map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    own.into_iter().chain(std::env::split_paths(&path)).map(|folder| folder.join(binary)).find(|file| file.is_file())
}

fn free_port() -> u16 {
    std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

fn start(binary: &Path, folder: &Path, arguments: &[String]) -> Process {
    let log = std::fs::File::create(folder.join(binary.file_name().unwrap()).with_extension("log")).unwrap();
    let child = Command::new(binary).args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn();
    Process(child.unwrap())
}

impl Server {
    /// None where binaries are missing.
    pub async fn start() -> Option<Self> {
        let found = ["etcd", "kube-apiserver", "kubectl"].map(find);
        let [Some(etcd), Some(apiserver), Some(kubectl)] = found else {
            eprintln!("skipped: etcd, kube-apiserver and kubectl are neither in KUBE_BIN nor on the path");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        let [store, peers, port] = [free_port(), free_port(), free_port()];
        let store = format!("http://127.0.0.1:{store}");
        let peers = format!("http://127.0.0.1:{peers}");
        let etcd = start(
            &etcd,
            path,
            &[
                format!("--data-dir={}", path.join("etcd").display()),
                format!("--listen-client-urls={store}"),
                format!("--advertise-client-urls={store}"),
                format!("--listen-peer-urls={peers}"),
                "--unsafe-no-fsync".to_owned(),
            ],
        );
        let key = rcgen::KeyPair::generate().unwrap();
        std::fs::write(path.join("account.key"), key.serialize_pem()).unwrap();
        std::fs::write(path.join("account.pub"), key.public_key_pem()).unwrap();
        let tokens = format!("admin-token,admin,admin,system:masters\noperator-token,{ACCOUNT},operator\n");
        std::fs::write(path.join("tokens.csv"), tokens).unwrap();
        let apiserver = start(
            &apiserver,
            path,
            &[
                format!("--etcd-servers={store}"),
                format!("--secure-port={port}"),
                "--bind-address=127.0.0.1".to_owned(),
                format!("--cert-dir={}", path.join("tls").display()),
                format!("--service-account-key-file={}", path.join("account.pub").display()),
                format!("--service-account-signing-key-file={}", path.join("account.key").display()),
                "--service-account-issuer=https://kubernetes.default.svc".to_owned(),
                format!("--token-auth-file={}", path.join("tokens.csv").display()),
                "--authorization-mode=RBAC".to_owned(),
                "--disable-admission-plugins=ServiceAccount".to_owned(),
                "--service-cluster-ip-range=10.0.0.0/24".to_owned(),
            ],
        );
        let server = Self { folder, kubectl, port, _processes: [etcd, apiserver] };
        eventually("the API server to be ready", || async {
            let config = server.try_config("admin-token", "default").await?;
            let client = Client::try_from(config).ok()?;
            let ready = http::Request::get("/readyz").body(Vec::new()).unwrap();
            client.request_text(ready).await.ok().filter(|answer| answer == "ok")
        })
        .await;
        Some(server)
    }

    /// Namespaces, the definition of the resource, and the operator's role in each namespace.
    pub async fn define(&self) {
        let admin = self.admin("default").await;
        for namespace in NAMESPACES {
            let object: Namespace = serde_json::from_value(json!({ "metadata": { "name": namespace } })).unwrap();
            Api::all(admin.clone()).create(&PostParams::default(), &object).await.unwrap();
            let role: Role = serde_saphyr::from_str(include_str!("../../../config/role.yaml")).unwrap();
            Api::namespaced(admin.clone(), namespace).create(&PostParams::default(), &role).await.unwrap();
            let binding: RoleBinding = serde_json::from_value(json!({
                "metadata": { "name": "throughline-operator" },
                "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "throughline-operator" },
                "subjects": [{ "apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": ACCOUNT }],
            }))
            .unwrap();
            Api::namespaced(admin.clone(), namespace).create(&PostParams::default(), &binding).await.unwrap();
        }
        let definitions = Api::<CustomResourceDefinition>::all(admin);
        // As the chart has them, by server-side apply; a second time it changes nothing.
        for (definition, _) in operator::crds::all() {
            let written: Value = serde_json::to_value(&definition).unwrap();
            let name = definition.metadata.name.unwrap();
            for _ in 0..2 {
                let parameters = PatchParams::apply("test").validation_strict();
                definitions.patch(&name, &parameters, &Patch::Apply(&written)).await.unwrap();
            }
            await_condition(definitions.clone(), &name, is_crd_established()).await.unwrap();
        }
    }

    pub async fn admin(&self, namespace: &str) -> Client {
        Client::try_from(self.try_config("admin-token", namespace).await.unwrap()).unwrap()
    }

    /// With the rights of the operator.
    pub async fn operator(&self, namespace: &str) -> Client {
        Client::try_from(self.try_config("operator-token", namespace).await.unwrap()).unwrap()
    }

    /// None before the server has made its certificate.
    async fn try_config(&self, token: &str, namespace: &str) -> Option<Config> {
        let authority = self.folder.path().join("tls/apiserver.crt");
        let written = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "test",
            "clusters": [{ "name": "test", "cluster": {
                "server": format!("https://127.0.0.1:{}", self.port), "certificate-authority": authority } }],
            "users": [{ "name": "test", "user": { "token": token } }],
            "contexts": [{ "name": "test", "context": {
                "cluster": "test", "user": "test", "namespace": namespace } }],
        });
        std::fs::write(self.folder.path().join("kubeconfig"), written.to_string()).unwrap();
        let kubeconfig: Kubeconfig = serde_json::from_value(written).unwrap();
        Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.ok()
    }

    /// What `kubectl` prints.
    pub fn kubectl(&self, arguments: &[&str]) -> String {
        let output = Command::new(&self.kubectl)
            .arg(format!("--kubeconfig={}", self.folder.path().join("kubeconfig").display()))
            .arg("--token=admin-token")
            .args(arguments)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}
