//! New keys, from the operating system's generator only.

use rand::TryRng;
use rand::rngs::SysRng;
use zeroize::Zeroize;

use super::Secret;

/// Bytes in a generated key: 256 bits.
pub const KEY_BYTES: usize = 32;

/// Where key bytes come from. Tests inject a fixed source; the product uses [`OsRandom`].
pub trait KeySource {
    /// Fills `buffer` with random bytes.
    ///
    /// # Errors
    /// Where the source cannot deliver.
    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), GenerateError>;
}

/// The operating system's generator.
pub struct OsRandom;

impl KeySource for OsRandom {
    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), GenerateError> {
        SysRng.try_fill_bytes(buffer).map_err(|_| GenerateError)
    }
}

/// The operating system's random generator gave nothing.
#[derive(Debug, thiserror::Error)]
#[error("the operating system's random generator cannot be read")]
pub struct GenerateError;

/// A new 256-bit key as 64 hexadecimal digits: every reader of env files agrees on those.
///
/// # Errors
/// Where the random source cannot deliver.
pub fn new_key(source: &mut dyn KeySource) -> Result<Secret, GenerateError> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut bytes = [0_u8; KEY_BYTES];
    source.fill(&mut bytes)?;
    let mut text = String::with_capacity(KEY_BYTES * 2);
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    bytes.zeroize();
    Ok(Secret::new(text))
}

/// A new 256-bit key as `cryptography`'s `Fernet` takes it: URL-safe base64 with padding.
///
/// # Errors
/// Where the random source cannot deliver.
pub fn new_fernet_key(source: &mut dyn KeySource) -> Result<Secret, GenerateError> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut bytes = [0_u8; KEY_BYTES];
    source.fill(&mut bytes)?;
    let mut text = String::with_capacity(KEY_BYTES.div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let mut group =
            three.iter().fold(0_u32, |group, byte| group << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for at in 0..4_usize {
            let digit = DIGITS[(group >> (18 - 6 * at) & 63) as usize];
            text.push(if at <= three.len() { char::from(digit) } else { '=' });
        }
        group.zeroize();
    }
    bytes.zeroize();
    Ok(Secret::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_64_hex_digits_and_differ() {
        let (one, two) = (new_key(&mut OsRandom).unwrap(), new_key(&mut OsRandom).unwrap());
        assert_eq!(one.expose().len(), 64);
        assert!(one.expose().bytes().all(|b| b.is_ascii_hexdigit()));
        assert!(one != two);
    }

    #[test]
    fn fernet_keys_are_padded_base64() {
        struct Fixed;
        impl KeySource for Fixed {
            fn fill(&mut self, buffer: &mut [u8]) -> Result<(), GenerateError> {
                buffer.iter_mut().zip(0_u8..).for_each(|(slot, value)| *slot = value | 0xe0);
                Ok(())
            }
        }
        let key = new_fernet_key(&mut Fixed).unwrap();
        assert_eq!(key.expose(), "4OHi4-Tl5ufo6err7O3u7_Dx8vP09fb3-Pn6-_z9_v8=");
    }
}
