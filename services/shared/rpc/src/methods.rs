//! What the protos say of each method: who may call it, and which sides stream.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use prost_reflect::{DescriptorPool, Value};
use throughline_proto::common::v1::Role;

/// One method of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Method {
    /// The caller must hold one of these.
    pub any_of: Arc<[Role]>,
    /// Does the client, or the server, send a stream?
    pub streaming: bool,
    /// Is it the same whether it is carried out once or twice? It only reads, or its request carries a `request_id`.
    pub idempotent: bool,
    /// Does it change nothing? Then it may be sent again whatever became of the first try.
    pub reads: bool,
}

/// The methods of some services, by path on the wire: `/package.Service/Method`.
#[derive(Debug, Clone, Default)]
pub struct Methods(HashMap<String, Method>);

/// Verbs of methods that change nothing.
const READS: [&str; 6] = ["Get", "List", "Search", "Lint", "Explain", "Compute"];

/// Is `verb` the first word of the name?
fn verb_is(name: &str, verb: &str) -> bool {
    name.strip_prefix(verb).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()))
}

/// The methods of the whole API: read once, whatever the number of peers.
static API: LazyLock<Result<Methods, String>> = LazyLock::new(|| {
    let pool = throughline_proto::descriptors().map_err(ToString::to_string)?;
    Methods::from_pool(pool, None).map_err(|error| error.to_string())
});

/// Who may call methods of vendored protos, which can't carry our option: full name of the service, its methods of which
/// each only reads, and the roles.
const VENDORED: [(&str, &[&str], &[Role]); 1] = [(
    "nvidia.riva.asr.RivaSpeechRecognition",
    // Nothing is stored: sound goes in, words come out.
    &["Recognize", "StreamingRecognize", "GetRivaSpeechRecognitionConfig"],
    &[Role::Rep, Role::Manager, Role::Revops, Role::Service],
)];

/// Methods that no one said who may call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unauthorised(pub Vec<String>);

impl std::fmt::Display for Unauthorised {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "no (throughline.common.v1.authorization) on {}", self.0.join(", "))
    }
}

impl std::error::Error for Unauthorised {}

impl Methods {
    /// Reads the methods of `pool`; with `services`, only of those (full names).
    ///
    /// # Errors
    /// When a method does not say who may call it: such a server must not start.
    pub fn from_pool(pool: &DescriptorPool, services: Option<&[&str]>) -> Result<Self, Unauthorised> {
        let mut methods = HashMap::new();
        let mut missing = Vec::new();
        for service in pool.services().filter(|s| services.is_none_or(|names| names.contains(&s.full_name()))) {
            for method in service.methods() {
                let path = format!("/{}/{}", service.full_name(), method.name());
                let vendored = vendored(service.full_name(), method.name());
                let any_of = vendored.map_or_else(|| roles(pool, &method), <[Role]>::to_vec);
                if any_of.is_empty() {
                    missing.push(path.clone());
                }
                let streaming = method.is_client_streaming() || method.is_server_streaming();
                let reads = vendored.is_some() || READS.iter().any(|verb| verb_is(method.name(), verb));
                let idempotent = reads || method.input().get_field_by_name("request_id").is_some();
                methods.insert(path, Method { any_of: any_of.into(), streaming, idempotent, reads });
            }
        }
        if missing.is_empty() { Ok(Self(methods)) } else { Err(Unauthorised(missing)) }
    }

    /// The methods of the whole API.
    ///
    /// # Errors
    /// When the descriptors that were compiled in can't be read.
    pub fn api() -> Result<&'static Self, String> {
        API.as_ref().map_err(Clone::clone)
    }

    /// All of them, with their paths.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Method)> {
        self.0.iter().map(|(path, method)| (path.as_str(), method))
    }

    /// The path as it stands here, and the method, at a path.
    #[must_use]
    pub fn entry(&self, path: &str) -> Option<(&str, &Method)> {
        self.0.get_key_value(path).map(|(path, method)| (path.as_str(), method))
    }

    /// The method at a path.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&Method> {
        self.0.get(path)
    }

    /// Does a side of the method at `path` stream? Unknown methods count as streaming, so that no deadline is added.
    #[must_use]
    pub fn is_streaming(&self, path: &str) -> bool {
        self.get(path).is_none_or(|method| method.streaming)
    }
}

fn vendored(service: &str, method: &str) -> Option<&'static [Role]> {
    let (_, _, roles) = VENDORED.iter().find(|(name, methods, _)| *name == service && methods.contains(&method))?;
    Some(roles)
}

fn roles(pool: &DescriptorPool, method: &prost_reflect::MethodDescriptor) -> Vec<Role> {
    let Some(extension) = pool.get_extension_by_name("throughline.common.v1.authorization") else { return Vec::new() };
    let options = method.options();
    if !options.has_extension(&extension) {
        return Vec::new();
    }
    let value = options.get_extension(&extension);
    let Some(any_of) = value.as_message().and_then(|m| m.get_field_by_name("any_of").map(|v| v.into_owned())) else {
        return Vec::new();
    };
    let numbers = any_of.as_list().unwrap_or_default().iter().filter_map(Value::as_enum_number);
    numbers.filter_map(|n| Role::try_from(n).ok()).filter(|role| *role != Role::Unspecified).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_of_the_api_says_who_may_call_it() {
        let methods = Methods::from_pool(throughline_proto::descriptors().unwrap(), None).unwrap();
        let upload = methods.get("/throughline.transcription.v1.TranscriptionService/UploadRecording").unwrap();
        assert!(upload.streaming);
        assert!(upload.any_of.contains(&Role::Rep));
    }

    #[test]
    fn methods_of_vendored_protos_have_their_roles_from_a_list_here() {
        let methods = Methods::api().unwrap();
        let recognize = methods.get("/nvidia.riva.asr.RivaSpeechRecognition/Recognize").unwrap();
        assert!(recognize.reads && !recognize.streaming && recognize.any_of.contains(&Role::Service));
        assert!(methods.is_streaming("/nvidia.riva.asr.RivaSpeechRecognition/StreamingRecognize"));
    }

    #[test]
    fn a_method_without_required_roles_is_refused() {
        let mut pool = throughline_proto::descriptors().unwrap().clone();
        let open = prost_types::FileDescriptorProto {
            name: Some("open.proto".to_owned()),
            package: Some("open.v1".to_owned()),
            message_type: vec![prost_types::DescriptorProto { name: Some("Empty".to_owned()), ..Default::default() }],
            service: vec![prost_types::ServiceDescriptorProto {
                name: Some("OpenService".to_owned()),
                method: vec![prost_types::MethodDescriptorProto {
                    name: Some("Anyone".to_owned()),
                    input_type: Some(".open.v1.Empty".to_owned()),
                    output_type: Some(".open.v1.Empty".to_owned()),
                    ..Default::default()
                }],
                ..Default::default()
            }],
            syntax: Some("proto3".to_owned()),
            ..Default::default()
        };
        pool.add_file_descriptor_proto(open).unwrap();
        let error = Methods::from_pool(&pool, Some(&["open.v1.OpenService"])).unwrap_err();
        assert_eq!(error, Unauthorised(vec!["/open.v1.OpenService/Anyone".to_owned()]));
    }
}
