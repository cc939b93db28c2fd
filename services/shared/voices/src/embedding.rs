//! What a voice sounds like, as a direction: the cosine of two says how alike they are.

/// Numbers of an embedding.
pub const DIMS: usize = 192;

/// A voice as a vector of length 1. It is biometric data: it says who somebody is, and prints as nothing.
#[derive(Clone, Copy, PartialEq)]
pub struct Embedding([f32; DIMS]);

impl std::fmt::Debug for Embedding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Embedding(..)")
    }
}

impl Embedding {
    /// The direction of `values`; `None` where there is none.
    pub fn unit(values: &[f32; DIMS]) -> Option<Self> {
        let length = dot(values, values).sqrt();
        (length.is_finite() && length > 0.0).then(|| Self(values.map(|value| value / length)))
    }

    /// Likeness from -1 to 1.
    pub fn cosine(&self, other: &Self) -> f32 {
        dot(&self.0, &other.0)
    }

    /// The numbers.
    pub fn values(&self) -> &[f32; DIMS] {
        &self.0
    }

    /// As it is stored: 32-bit floats, little endian, 768 bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|value| value.to_le_bytes()).collect()
    }

    /// What [`Self::to_bytes`] wrote; `None` for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (values, rest) = bytes.as_chunks::<4>();
        let values: [[u8; 4]; DIMS] = values.try_into().ok().filter(|_| rest.is_empty())?;
        Self::unit(&values.map(f32::from_le_bytes))
    }
}

/// A weighted sum of embeddings: the middle of a voice.
#[derive(Debug, Clone, PartialEq)]
pub struct Middle {
    sum: [f32; DIMS],
    weight: f32,
}

impl Middle {
    /// The middle of one.
    pub fn of(embedding: &Embedding, weight: f32) -> Self {
        Self { sum: embedding.0.map(|value| value * weight), weight }
    }

    /// Adds one more.
    pub fn add(&mut self, embedding: &Embedding, weight: f32) {
        self.merge(&Self::of(embedding, weight));
    }

    /// Adds all of another.
    pub fn merge(&mut self, other: &Self) {
        for (sum, value) in self.sum.iter_mut().zip(&other.sum) {
            *sum += value;
        }
        self.weight += other.weight;
    }

    /// Mean likeness of the one's members to the other's.
    pub fn mean_cosine(&self, other: &Self) -> f32 {
        dot(&self.sum, &other.sum) / (self.weight * other.weight)
    }

    /// Likeness to the direction of the middle.
    pub fn cosine(&self, embedding: &Embedding) -> f32 {
        dot(&self.sum, &embedding.0) / dot(&self.sum, &self.sum).sqrt().max(f32::MIN_POSITIVE)
    }

    /// The direction of the middle.
    pub fn direction(&self) -> Option<Embedding> {
        Embedding::unit(&self.sum)
    }
}

fn dot(a: &[f32; DIMS], b: &[f32; DIMS]) -> f32 {
    // Eight sums instead of one, so that they can be computed side by side.
    let mut sums = [0.0; 8];
    let ((a, _), (b, _)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    for (a, b) in a.iter().zip(b) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += a * b;
        }
    }
    sums.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn direction(seed: usize) -> Embedding {
        Embedding::unit(&std::array::from_fn(|i| ((i * 31 + seed * 17) % 23) as f32 - 11.0)).unwrap()
    }

    #[test]
    fn bytes_bring_back_the_same_voice() {
        let voice = direction(3);
        let back = Embedding::from_bytes(&voice.to_bytes()).unwrap();
        assert!((voice.cosine(&back) - 1.0).abs() < 1e-6);
        assert_eq!(Embedding::from_bytes(&voice.to_bytes()[1..]), None);
        assert_eq!(Embedding::from_bytes(&[0; DIMS * 4]), None);
        assert_eq!(Embedding::from_bytes(&[0xff; DIMS * 4]), None);
    }

    #[test]
    fn a_voice_is_never_printed() {
        assert_eq!(format!("{:?}", direction(1)), "Embedding(..)");
    }

    #[test]
    fn the_mean_likeness_is_that_of_all_pairs() {
        let (a, b, c) = (direction(1), direction(2), direction(5));
        let mut two = Middle::of(&a, 1.0);
        two.add(&b, 3.0);
        let expected = (a.cosine(&c) + 3.0 * b.cosine(&c)) / 4.0;
        assert!((two.mean_cosine(&Middle::of(&c, 2.0)) - expected).abs() < 1e-5);
    }
}
