//! Makes texts of shapes such as `ghp_{crc}` or `dop_v1_{x:64}`: tokens that look real, made when
//! a test runs, so that none stands in the sources.

use rand::TryRng;
use rand::rngs::SysRng;

const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS: &str = "0123456789";

/// The characters of a class.
fn class(name: &str) -> Option<String> {
    Some(match name {
        "a" => LOWER.to_owned(),
        "L" => format!("{LOWER}{UPPER}"),
        "d" => DIGITS.to_owned(),
        "l" => format!("{LOWER}{DIGITS}"),
        "U" => format!("{UPPER}{DIGITS}"),
        "w" => format!("{LOWER}{UPPER}{DIGITS}"),
        "x" => "0123456789abcdef".to_owned(),
        "X" => "0123456789ABCDEF".to_owned(),
        "b" => format!("{LOWER}{UPPER}{DIGITS}+/"),
        "u" => format!("{LOWER}{UPPER}{DIGITS}_-"),
        "2" => format!("{UPPER}234567"),
        "q" => "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L".to_owned(),
        _ => return None,
    })
}

/// Fills a shape in with random characters.
pub(crate) fn fill(shape: &str) -> String {
    let mut out = String::new();
    let mut rest = shape;
    while let Some(at) = rest.find('{') {
        out.push_str(&rest[..at]);
        let inner = rest[at + 1..].split('}').next().unwrap();
        match part(inner) {
            Some(text) => {
                out.push_str(&text);
                rest = &rest[at + 2 + inner.len()..];
            }
            None => {
                out.push('{');
                rest = &rest[at + 1..];
            }
        }
    }
    out + rest
}

fn part(name: &str) -> Option<String> {
    Some(match name {
        "uuid" => format!("{}-{}-4{}-a{}-{}", of("x", 8), of("x", 4), of("x", 3), of("x", 3), of("x", 12)),
        "crc" => with_checksum(&of("w", 30)),
        "ghp" => format!("ghp_{}", with_checksum(&of("w", 30))),
        "E80" => format!("E{}k", of("u", 78)),
        "app" => [of("a", 4), of("a", 4), of("a", 4), of("a", 4)].join(" "),
        "basic" => base64(format!("shop-{}:{}", of("a", 5), of("w", 18)).as_bytes(), b"+/"),
        "jwt" => {
            let head = base64(b"{\"alg\":\"HS256\",\"typ\":\"JWT\"}", b"-_");
            let claims = base64(format!("{{\"sub\":\"{}\"}}", of("w", 12)).as_bytes(), b"-_");
            format!("{}.{}.{}k", head.trim_end_matches('='), claims.trim_end_matches('='), of("u", 42))
        }
        _ => {
            let (class, count) = name.split_once(':')?;
            self::class(class)?;
            of(class, count.parse().ok()?)
        }
    })
}

/// Random characters of a class.
fn of(name: &str, count: usize) -> String {
    let characters: Vec<char> = class(name).unwrap().chars().collect();
    let mut bytes = vec![0_u8; count * 2];
    SysRng.try_fill_bytes(&mut bytes).unwrap();
    let index = |pair: &[u8]| usize::from(u16::from_le_bytes([pair[0], pair[1]])) % characters.len();
    bytes.chunks(2).map(|pair| characters[index(pair)]).collect()
}

/// Thirty characters and their CRC-32 in base 62, as GitHub and npm issue tokens.
fn with_checksum(random: &str) -> String {
    let table = |mut value: u32| {
        (0..8).for_each(|_| value = if value & 1 == 1 { 0xEDB8_8320 ^ (value >> 1) } else { value >> 1 });
        value
    };
    let crc = !random.bytes().fold(!0_u32, |crc, byte| table((crc ^ u32::from(byte)) & 0xFF) ^ (crc >> 8));
    let digits: Vec<char> = format!("{DIGITS}{UPPER}{LOWER}").chars().collect();
    let place = |power: u32| digits[(crc / 62_u32.pow(power) % 62) as usize];
    let sum: String = (0..6).rev().map(place).collect();
    format!("{random}{sum}")
}

fn base64(bytes: &[u8], last: &[u8; 2]) -> String {
    let digits: Vec<char> =
        format!("{UPPER}{LOWER}{DIGITS}").chars().chain(last.iter().map(|b| char::from(*b))).collect();
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let value = chunk.iter().fold(0_u32, |value, byte| value << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let digit = digits[(value >> (18 - 6 * place) & 63) as usize];
            out.push(if place > chunk.len() { '=' } else { digit });
        }
    }
    out
}

#[test]
fn shapes_are_filled() {
    assert_eq!(fill("no shape {here} {\"a\": 1}"), "no shape {here} {\"a\": 1}");
    assert_eq!(fill("a{x:4}b").len(), 6);
    assert_eq!(base64(b"user:pass", b"+/"), "dXNlcjpwYXNz");
    assert_ne!(fill("{w:20}"), fill("{w:20}"));
}
