//! What a pattern cannot tell of a token: its checksum, what is encoded in it, whether it only
//! works in a test mode, and whether it is random at all.

/// What is known of a text that has the form of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing speaks against it.
    Fits,
    /// It carries a checksum, and that is right: somebody issued it.
    Proven,
    /// It opens a sandbox only.
    TestMode,
    /// It is made up, or printed in documentation; why.
    MadeUp(&'static str),
    /// It is none.
    No,
}

/// Fewest bits of information a character of a random token carries.
const RANDOM_BITS: f64 = 2.4;

/// The check of every provider that has no better one.
pub(super) fn random(token: &str) -> Verdict {
    let lower = token.to_ascii_lowercase();
    if longest_run(token) >= 6 || lower.contains("xxxxx") {
        return if filler(token) { Verdict::No } else { Verdict::MadeUp("it repeats one character") };
    }
    let words =
        ["example", "placeholder", "redacted", "changeme", "notreal", "yourapi", "your_", "your-", "insert", "-here"];
    if words.iter().any(|word| lower.contains(word)) {
        return Verdict::MadeUp("it spells that it is an example");
    }
    let rows = ["123456789", "0123456", "abcdefgh", "987654321", "deadbeefdeadbeef"];
    if rows.iter().any(|row| lower.contains(row)) {
        return Verdict::MadeUp("it holds a row such as 123456789");
    }
    if bits_per_character(token) < RANDOM_BITS { Verdict::MadeUp("it is not random") } else { Verdict::Fits }
}

/// [`random`], and letters and digits are both there: words and identifiers are not.
pub(super) fn mixed(token: &str) -> Verdict {
    let both = token.bytes().any(|b| b.is_ascii_digit()) && token.bytes().any(|b| b.is_ascii_alphabetic());
    if both { random(token) } else { Verdict::No }
}

/// [`mixed`], with letters of both cases.
pub(super) fn mixed_case(token: &str) -> Verdict {
    let both = token.bytes().any(|b| b.is_ascii_lowercase()) && token.bytes().any(|b| b.is_ascii_uppercase());
    if both { mixed(token) } else { Verdict::No }
}

/// Stripe's, Braintree's and others' keys say whether they move money.
pub(super) fn test_mode(token: &str) -> Verdict {
    match random(token) {
        Verdict::Fits if ["_test_", "sandbox", "_TEST"].iter().any(|mark| token.contains(mark)) => Verdict::TestMode,
        verdict => verdict,
    }
}

/// GitHub's and npm's tokens end with six characters that are the CRC-32 of the thirty before, in
/// base 62.
pub(super) fn crc32_base62(token: &str) -> Verdict {
    let Some((_, body)) = token.split_once('_') else { return Verdict::No };
    let (Some(random), Some(sum)) = (body.get(..30), body.get(30..36)) else { return Verdict::No };
    if body.len() != 36 {
        return self::random(token);
    }
    if base62(crc32(random.as_bytes())) == sum {
        return Verdict::Proven;
    }
    match self::random(token) {
        Verdict::Fits => Verdict::MadeUp("its checksum is wrong, so nobody issued it"),
        verdict => verdict,
    }
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    !crc
}

/// Six digits, `0-9A-Za-z`.
fn base62(mut number: u32) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut digits = [b'0'; 6];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[(number % 62) as usize];
        number /= 62;
    }
    digits.iter().map(|digit| char::from(*digit)).collect()
}

/// A JSON web token: its head says how it is signed.
pub(super) fn jwt(token: &str) -> Verdict {
    let mut parts = token.split('.');
    let (Some(head), Some(claims)) = (parts.next().and_then(base64), parts.next().and_then(base64)) else {
        return Verdict::No;
    };
    let contains = |text: &[u8], word: &[u8]| memchr::memmem::find(text, word).is_some();
    if !contains(&head, b"\"alg\"") {
        return Verdict::No;
    }
    if contains(&claims, b"John Doe") {
        return Verdict::MadeUp("it is the sample every tutorial has");
    }
    Verdict::Fits
}

/// `user:password`, encoded.
pub(super) fn basic_auth(token: &str) -> Verdict {
    let Some(bytes) = base64(token.trim_end_matches('=')) else { return Verdict::No };
    let Ok(text) = std::str::from_utf8(&bytes) else { return Verdict::No };
    match text.split_once(':') {
        Some((user, password)) if !user.is_empty() && !password.is_empty() && text.chars().all(|c| !c.is_control()) => {
            let words = ["user", "username", "test", "foo", "admin", "aladdin", "login"];
            let letters = password.trim_end_matches(|c: char| c.is_ascii_digit());
            let word = letters.bytes().all(|b| b.is_ascii_lowercase()) && letters.len() + 4 >= password.len();
            if word || words.contains(&user.to_ascii_lowercase().as_str()) && bits_per_character(password) < 3.0 {
                Verdict::MadeUp("its user and password are sample words")
            } else {
                Verdict::Fits
            }
        }
        _ => Verdict::No,
    }
}

/// The AWS secret belongs to no alphabet of its own: a path, a hash or a word is none.
pub(super) fn aws_secret(token: &str) -> Verdict {
    match mixed_case(token) {
        Verdict::Fits if token.matches('/').count() > 6 || bits_per_character(token) < 3.5 => Verdict::No,
        verdict => verdict,
    }
}

/// The storage emulator's account has a key that its documentation prints.
pub(super) fn azure_storage(token: &str) -> Verdict {
    if token.starts_with("Eby8vdM0") {
        Verdict::MadeUp("it is the emulator's, which everybody knows")
    } else {
        mixed(token)
    }
}

/// Google publishes two pairs of reCAPTCHA keys for automated tests.
pub(super) fn recaptcha(token: &str) -> Verdict {
    if token.starts_with("6LeIxAcTAAAA") { Verdict::TestMode } else { mixed_case(token) }
}

/// Four groups of four letters: not a sentence.
pub(super) fn letter_groups(token: &str) -> Verdict {
    let groups: Vec<&str> = token.split(' ').collect();
    let vowels = |group: &&&str| group.bytes().any(|b| matches!(b, b'a' | b'e' | b'i' | b'o' | b'u'));
    if groups.iter().any(|group| group.bytes().all(|b| group.as_bytes().first() == Some(&b))) {
        Verdict::MadeUp("it repeats one character")
    } else if groups.len() == 4 && groups.iter().filter(vowels).count() == 4 && bits_per_character(token) < 2.9 {
        Verdict::MadeUp("it reads like words")
    } else {
        Verdict::Fits
    }
}

/// Bytes of base 64 in either alphabet, without padding.
pub(in crate::facts) fn base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut count) = (0_u32, 0);
    for byte in text.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((bits >> count) & 0xFF).unwrap_or(0));
            bits &= (1 << count) - 1;
        }
    }
    Some(bytes)
}

/// Shannon's measure over the characters of one text.
pub(in crate::facts) fn bits_per_character(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    text.bytes().for_each(|byte| counts[usize::from(byte)] += 1);
    let total = f64::from(u32::try_from(text.len()).unwrap_or(u32::MAX).max(1));
    let share = |count: &u32| {
        let share = f64::from(*count) / total;
        -share * share.log2()
    };
    counts.iter().filter(|count| **count > 0).map(share).sum()
}

/// How often one character stands in a row at most.
fn longest_run(text: &str) -> usize {
    let (mut longest, mut run, mut last) = (0, 0, None);
    for byte in text.bytes() {
        run = if last == Some(byte) { run + 1 } else { 1 };
        last = Some(byte);
        longest = longest.max(run);
    }
    longest
}

/// Whether a token is filled with a character that says "put yours here".
fn filler(token: &str) -> bool {
    let fill = |byte: &u8| matches!(byte, b'x' | b'X' | b'*' | b'.' | b'_' | b'-' | b'#');
    token.bytes().filter(|byte| fill(byte)).count() * 2 > token.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_as_github_makes_them() {
        // The CRC-32 of "123456789" is the check value of its definition.
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(base62(61), "00000z");
        let body = "q7".repeat(15);
        let good = format!("ghp_{body}{}", base62(crc32(body.as_bytes())));
        assert_eq!(crc32_base62(&good), Verdict::Proven);
    }

    #[test]
    fn what_is_made_up_is_told_from_what_is_random() {
        assert_eq!(random("k_xxxxxxxxxxxxxxxxxxxx"), Verdict::No);
        assert_eq!(random("k_00000000000000000000"), Verdict::MadeUp("it repeats one character"));
        assert!(matches!(random("AKIAsomethingEXAMPLE"), Verdict::MadeUp(_)));
        assert_eq!(mixed("authorization_token_of_user"), Verdict::No);
        assert_eq!(basic_auth("Y2h1Y2s6bm9ycmlz"), Verdict::MadeUp("its user and password are sample words"));
        assert_eq!(basic_auth("dXNlcjpwYXNz"), Verdict::MadeUp("its user and password are sample words"));
        assert_eq!(base64("SGk").as_deref(), Some(&b"Hi"[..]));
    }
}
