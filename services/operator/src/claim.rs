//! Two resources that are about the same thing: the older has it.

use k8s_openapi::jiff::Timestamp;
use kube::ResourceExt as _;
use kube::runtime::reflector::Store;

use crate::kind::Kind;

/// An older resource that is about the same as `of`, as `namespace/name`. `same` tells of another one whether it is.
pub fn older<K: Kind>(known: &[Store<K>], of: &K, same: impl Fn(&K) -> bool) -> Option<String> {
    let before = |other: &K| {
        other.meta().uid != of.meta().uid
            && other.meta().deletion_timestamp.is_none()
            && same(other)
            && age(other) < age(of)
    };
    let owner = known.iter().find_map(|store| store.find(before))?;
    Some(format!("{}/{}", owner.namespace().unwrap_or_default(), owner.name_any()))
}

fn age<K: Kind>(object: &K) -> (Option<Timestamp>, Option<&String>) {
    (object.meta().creation_timestamp.as_ref().map(|time| time.0), object.meta().uid.as_ref())
}
