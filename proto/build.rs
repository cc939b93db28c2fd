//! Compiles the protos without a protoc binary.

use std::path::{Path, PathBuf};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

#[expect(clippy::disallowed_methods, reason = "cargo tells a build script where to write in OUT_DIR")]
fn main() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    // What stands in `nvidia` is imported by its own paths, `riva/proto/…`, so that folder is looked in first.
    let (ours, nvidia) = (root.join("throughline"), root.join("nvidia"));
    let mut files = Vec::new();
    for folder in [&ours, &nvidia] {
        println!("cargo:rerun-if-changed={}", folder.display());
        collect(folder, &mut files)?;
    }
    files.sort();

    let mut compiler = protox::Compiler::new([nvidia.as_path(), root])?;
    compiler.include_imports(true).include_source_info(true);
    compiler.open_files(&files)?;
    // `encode_file_descriptor_set` keeps extension options (the required roles); going through prost-types drops them.
    let bytes = compiler.encode_file_descriptor_set();
    std::fs::write(PathBuf::from(std::env::var("OUT_DIR")?).join("descriptors.bin"), &bytes)?;

    let mut prost = prost_build();
    prost.enable_type_names();
    // Messages of streams of which most are small.
    for large in [
        "EvaluateStreamRequest.message.header",
        "EvaluateStreamResponse.message.facts",
        "EvaluateStreamResponse.message.evaluation",
    ] {
        prost.boxed(format!(".throughline.playbook.v1.{large}"));
    }
    tonic_prost_build::configure()
        .compile_well_known_types(false)
        .compile_fds_with_config(compiler.file_descriptor_set(), prost)?;
    Ok(())
}

fn prost_build() -> tonic_prost_build::Config {
    tonic_prost_build::Config::new()
}

fn collect(dir: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "proto") {
            files.push(path);
        }
    }
    Ok(())
}
