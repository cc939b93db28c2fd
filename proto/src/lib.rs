//! The API of Throughline: generated clients, servers and messages, and the descriptors behind them.
//!
//! The comments on messages and fields are the reference; they stand in the `.proto` files.

#![expect(clippy::allow_attributes, reason = "generated code carries its own allowances")]

pub mod json;

use std::sync::LazyLock;

use prost_reflect::DescriptorPool;

/// `throughline.common.v1`: evidence, context, roles and error reasons.
pub mod common {
    /// Version 1.
    pub mod v1 {
        tonic::include_proto!("throughline.common.v1");
    }
}

/// `throughline.events.v1`: what one service tells the others.
pub mod events {
    /// Version 1.
    pub mod v1 {
        tonic::include_proto!("throughline.events.v1");
    }
}

/// `throughline.transcription.v1`: calls, recordings, transcripts.
pub mod transcription {
    /// Version 1.
    pub mod v1 {
        tonic::include_proto!("throughline.transcription.v1");
    }
}

/// `throughline.playbook.v1`: playbooks and evaluations.
pub mod playbook {
    /// Version 1.
    pub mod v1 {
        tonic::include_proto!("throughline.playbook.v1");
    }
}

/// `throughline.coaching.v1`: summaries, nudges, profiles.
pub mod coaching {
    /// Version 1.
    pub mod v1 {
        tonic::include_proto!("throughline.coaching.v1");
    }
}

/// `throughline.crm.v1`: records, associations, proposals.
pub mod crm {
    /// Version 1.
    pub mod v1 {
        tonic::include_proto!("throughline.crm.v1");
    }
}

/// `throughline.forecast.v1`: deals and forecasts.
pub mod forecast {
    /// Version 1.
    pub mod v1 {
        tonic::include_proto!("throughline.forecast.v1");
    }
}

/// `nvidia.riva`: the speech recognition of NVIDIA Riva, vendored. The transcription gateway calls it as an engine and
/// serves it to clients of Riva.
pub mod nvidia {
    /// What its services have in common.
    pub mod riva {
        tonic::include_proto!("nvidia.riva");

        /// Speech recognition.
        pub mod asr {
            tonic::include_proto!("nvidia.riva.asr");
        }
    }
}

/// The encoded `FileDescriptorSet` of all packages, imports and comments included: what reflection serves.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

static POOL: LazyLock<Result<DescriptorPool, prost_reflect::DescriptorError>> =
    LazyLock::new(|| DescriptorPool::decode(FILE_DESCRIPTOR_SET));

/// The descriptors of all packages.
///
/// # Errors
/// When the descriptors that were compiled in can't be read, which is a defect of the build.
pub fn descriptors() -> Result<&'static DescriptorPool, &'static prost_reflect::DescriptorError> {
    POOL.as_ref()
}
