//! Random numbers that are repeatable by their seed.

/// The generator `SplitMix64`.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// Makes the generator number `which` of a seed.
    pub fn new(seed: u64, which: u64) -> Self {
        Self(seed ^ which.wrapping_mul(0xA076_1D64_78BD_642F))
    }

    /// Returns a number below `sides`.
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % sides
    }

    /// Returns one of the items.
    pub fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        let place = self.roll(all.len() as u64);
        all[usize::try_from(place).unwrap()]
    }
}
