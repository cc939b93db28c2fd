//! A sentence's vector.

/// Numbers in a vector.
pub const DIMS: usize = 384;

/// Sums kept apart, so that a dot product is computed in one order everywhere and eight numbers at a time.
const LANES: usize = 8;

/// What a text means, as a point on the unit sphere. The zero vector stands for a text without words.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Vector([f32; DIMS]);

impl Vector {
    /// The vector of a text without words. Its dot product with any vector is 0.
    pub const ZERO: Self = Self([0.0; DIMS]);

    /// `values` scaled to length 1. Values without a direction (all zero, or not finite) give the zero vector.
    pub fn unit(values: [f32; DIMS]) -> Self {
        let length = Self(values).dot(&Self(values)).sqrt();
        if !(length.is_normal()) {
            return Self::ZERO;
        }
        Self(values.map(|value| value / length))
    }

    /// Cosine of the angle between two texts: 1 is the same meaning, around 0 nothing in common.
    pub fn dot(&self, other: &Self) -> f32 {
        let mut sums = [0.0_f32; LANES];
        let (a, _) = self.0.as_chunks::<LANES>();
        let (b, _) = other.0.as_chunks::<LANES>();
        for (a, b) in a.iter().zip(b) {
            for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
                *sum += a * b;
            }
        }
        sums.iter().sum()
    }

    /// The numbers.
    pub fn as_array(&self) -> &[f32; DIMS] {
        &self.0
    }

    /// Whether this is the vector of a text without words.
    pub fn is_zero(&self) -> bool {
        self.0.iter().all(|value| *value == 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_vector_has_length_one_and_keeps_its_direction() {
        let vector = Vector::unit(std::array::from_fn(|i| i as f32 - 100.0));
        assert!((vector.dot(&vector) - 1.0).abs() < 1e-5);
        assert!(vector.as_array()[0] < 0.0 && vector.as_array()[383] > 0.0);
    }

    #[test]
    fn values_without_a_direction_give_the_zero_vector() {
        for value in [0.0, f32::NAN, f32::INFINITY, f32::MAX] {
            assert!(Vector::unit([value; DIMS]).is_zero(), "{value}");
        }
    }
}
