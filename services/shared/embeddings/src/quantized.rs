//! A vector in a quarter of the space: one signed byte a number, and a scale.

use crate::vector::{DIMS, Vector};

const SCALE_BYTES: usize = size_of::<f32>();

/// A vector to keep: [`Quantized::BYTES`] bytes. Turned back, it has a cosine of more than 0.999 with what it was made
/// from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quantized {
    scale: f32,
    values: [i8; DIMS],
}

/// Bytes that are not a quantised vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QuantizedError {
    #[error("a quantised vector has {expected} bytes, not {0}", expected = Quantized::BYTES)]
    Length(usize),
    #[error("the scale of a quantised vector must be finite and not negative")]
    Scale,
}

impl Quantized {
    /// Size of the stored form.
    pub const BYTES: usize = SCALE_BYTES + DIMS;

    /// The stored form: the scale as a little-endian `f32`, then the numbers.
    pub fn to_bytes(&self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        let (scale, values) = bytes.split_at_mut(SCALE_BYTES);
        scale.copy_from_slice(&self.scale.to_le_bytes());
        for (byte, value) in values.iter_mut().zip(self.values) {
            *byte = value.cast_unsigned();
        }
        bytes
    }

    /// Reads the stored form.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, QuantizedError> {
        let length = || QuantizedError::Length(bytes.len());
        let (scale, values) = bytes.split_first_chunk::<SCALE_BYTES>().ok_or_else(length)?;
        let values: &[u8; DIMS] = values.try_into().map_err(|_| length())?;
        let scale = f32::from_le_bytes(*scale);
        if !scale.is_finite() || scale.is_sign_negative() {
            return Err(QuantizedError::Scale);
        }
        Ok(Self { scale, values: values.map(u8::cast_signed) })
    }

    /// The vector, at length 1 again.
    pub fn vector(&self) -> Vector {
        Vector::unit(self.values.map(|value| f32::from(value) * self.scale))
    }
}

impl From<&Vector> for Quantized {
    fn from(vector: &Vector) -> Self {
        let largest = vector.as_array().iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
        let scale = largest / f32::from(i8::MAX);
        if scale == 0.0 {
            return Self { scale, values: [0; DIMS] };
        }
        // A conversion from float saturates, so the largest number is 127 whatever way it is rounded.
        Self { scale, values: vector.as_array().map(|value| (value / scale).round() as i8) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn vectors() -> impl Strategy<Value = Vector> {
        prop::collection::vec(-1.0_f32..1.0, DIMS).prop_map(|values| Vector::unit(values.try_into().unwrap()))
    }

    proptest! {
        #[test]
        fn a_vector_comes_back_from_its_bytes_almost_as_it_was(vector in vectors()) {
            let quantized = Quantized::from(&vector);
            let read = Quantized::from_bytes(&quantized.to_bytes()).unwrap();
            prop_assert_eq!(read, quantized);
            prop_assert!(vector.is_zero() || read.vector().dot(&vector) > 0.999);
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..2 * Quantized::BYTES)) {
            if let Ok(read) = Quantized::from_bytes(&bytes) {
                prop_assert_eq!(read.to_bytes().to_vec(), bytes);
            }
        }

        #[test]
        fn any_bytes_of_the_right_length_give_a_finite_vector(bytes in prop::collection::vec(any::<u8>(), Quantized::BYTES)) {
            if let Ok(read) = Quantized::from_bytes(&bytes) {
                prop_assert!(read.vector().as_array().iter().all(|value| value.is_finite()));
            }
        }
    }

    #[test]
    fn the_zero_vector_stays_zero() {
        let quantized = Quantized::from(&Vector::ZERO);
        assert!(Quantized::from_bytes(&quantized.to_bytes()).unwrap().vector().is_zero());
    }

    #[test]
    fn refuses_a_wrong_length_and_a_scale_that_is_none() {
        assert_eq!(Quantized::from_bytes(&[0; 10]), Err(QuantizedError::Length(10)));
        let mut bytes = Quantized::from(&Vector::ZERO).to_bytes();
        bytes[..4].copy_from_slice(&f32::NAN.to_le_bytes());
        assert_eq!(Quantized::from_bytes(&bytes), Err(QuantizedError::Scale));
    }
}
