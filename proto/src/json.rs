//! The JSON form of messages, with the field names of the protos and defaults written out.

use prost::{Message, Name};
use prost_reflect::{DynamicMessage, SerializeOptions};
use serde_json::Value;

/// Why a message has no JSON form.
#[derive(Debug)]
pub struct JsonError(String);

impl std::fmt::Display for JsonError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "no JSON form: {}", self.0)
    }
}

impl std::error::Error for JsonError {}

/// The proto3 JSON form: field names as in the protos, empty fields included, enums by name, 64-bit integers as numbers.
///
/// # Errors
/// When the message is not of a package of this crate, or holds a timestamp outside the years JSON allows.
pub fn to_value<M: Message + Name>(message: &M) -> Result<Value, JsonError> {
    let pool = crate::descriptors().map_err(|error| JsonError(error.to_string()))?;
    let descriptor =
        pool.get_message_by_name(&M::full_name()).ok_or_else(|| JsonError(format!("{} is unknown", M::full_name())))?;
    let dynamic = DynamicMessage::decode(descriptor, message.encode_to_vec().as_slice())
        .map_err(|error| JsonError(error.to_string()))?;
    let options =
        SerializeOptions::new().use_proto_field_name(true).skip_default_fields(false).stringify_64_bit_integers(false);
    dynamic
        .serialize_with_options(serde_json::value::Serializer, &options)
        .map_err(|error| JsonError(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::v1::{Evidence, Side};

    #[test]
    fn writes_proto_names_defaults_and_enum_names() {
        let evidence = Evidence { turn: 0, start_ms: 7, side: Side::Rep.into(), ..Evidence::default() };
        let value = to_value(&evidence).unwrap();
        assert_eq!(value["turn"], 0);
        assert_eq!(value["start_ms"], 7);
        assert_eq!(value["side"], "SIDE_REP");
    }
}
