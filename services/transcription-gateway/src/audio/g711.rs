//! G.711, the two codings of telephony: a byte a sample. (Files of it are read by `Reader`; this is for streams.)

/// Bytes as PCM16, little endian.
pub fn to_pcm16(bytes: &[u8], decode: impl Fn(u8) -> i16) -> Vec<u8> {
    bytes.iter().flat_map(|byte| decode(*byte).to_le_bytes()).collect()
}

/// A sample of µ-law, ITU-T G.711 table 2.
pub fn mulaw(byte: u8) -> i16 {
    const BIAS: i16 = 0x84;
    let byte = !byte;
    let (exponent, mantissa) = ((byte >> 4) & 0x07, i16::from(byte & 0x0f));
    let magnitude = (((mantissa << 3) + BIAS) << exponent) - BIAS;
    if byte & 0x80 == 0 { magnitude } else { -magnitude }
}

/// A sample of A-law, ITU-T G.711 table 1.
pub fn alaw(byte: u8) -> i16 {
    let byte = byte ^ 0x55;
    let (exponent, mantissa) = ((byte >> 4) & 0x07, i16::from(byte & 0x0f));
    let magnitude = match exponent {
        0 => (mantissa << 4) + 8,
        _ => ((mantissa << 4) + 0x108) << (exponent - 1),
    };
    if byte & 0x80 == 0 { -magnitude } else { magnitude }
}
