//! gzip and Brotli: whole, cut, doubled, and as bombs.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "these are tests, helpers included")]

mod common;

use async_compression::Level;
use async_compression::tokio::write::{BrotliEncoder, GzipEncoder};
use belljar_http::{Bounds, Cause, Coding, EncodingFault, Part, Reply, SendError};
use common::{cause, reply, reply_within, response};
use tokio::io::AsyncWriteExt;

async fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = GzipEncoder::with_quality(Vec::new(), Level::Fastest);
    encoder.write_all(data).await.unwrap();
    encoder.shutdown().await.unwrap();
    encoder.into_inner()
}

/// So many mebibytes of nothing.
async fn brotli(data: &[u8], times: usize) -> Vec<u8> {
    let mut encoder = BrotliEncoder::with_quality(Vec::new(), Level::Precise(2));
    for _ in 0..times {
        encoder.write_all(data).await.unwrap();
    }
    encoder.shutdown().await.unwrap();
    encoder.into_inner()
}

fn name(coding: Coding) -> String {
    format!("content-encoding: {coding}\r\n")
}

async fn encoded(coding: Coding, data: &[u8]) -> Vec<u8> {
    match coding {
        Coding::Brotli => brotli(data, 1).await,
        _ => gzip(data).await,
    }
}

/// Bytes that compress badly.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    std::iter::repeat_with(next).take(length).collect()
}

const CODINGS: [Coding; 2] = [Coding::Gzip, Coding::Brotli];

#[tokio::test]
async fn a_body_is_decoded() {
    for coding in CODINGS {
        for data in [vec![], b"hello".to_vec(), noise(300_000), vec![7; 3_000_000]] {
            let body = encoded(coding, &data).await;
            let plain = reply(response(&name(coding), &body)).await.unwrap();
            assert!(plain.headers.is_empty(), "they no longer hold");
            assert!(plain.body == data, "{coding} {}", data.len());
            assert_eq!(plain.encoded, body.len() as u64);
            let mut chunked =
                format!("HTTP/1.1 200 OK\r\n{}transfer-encoding: chunked\r\n\r\n", name(coding)).into_bytes();
            for chunk in body.chunks(1 + body.len() / 7) {
                chunked.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                chunked.extend_from_slice(chunk);
                chunked.extend_from_slice(b"\r\n");
            }
            chunked.extend_from_slice(b"0\r\n\r\n");
            let again = reply(chunked).await.unwrap();
            assert_eq!((again.body == data, again.encoded, again.headers), (true, plain.encoded, vec![]));
        }
    }
    let x_gzip = response("content-encoding: X-GZip\r\n", &gzip(b"hello").await);
    assert_eq!(reply(x_gzip).await.unwrap().body, b"hello");
}

#[tokio::test]
async fn what_is_cut_or_changed_is_an_error() {
    for coding in CODINGS {
        let body = encoded(coding, &noise(2_000)).await;
        for end in [1, 2, 5, 11, body.len() / 2, body.len() - 9, body.len() - 4, body.len() - 1] {
            let cut = response(&name(coding), &body[..end]);
            assert_eq!(cause(reply(cut).await), Cause::Encoding(EncodingFault::Broken(coding)), "{coding} {end}");
            // The same where the connection's end is the body's.
            let mut closed = format!("HTTP/1.1 200 OK\r\n{}\r\n", name(coding)).into_bytes();
            closed.extend_from_slice(&body[..end]);
            assert_eq!(cause(reply(closed).await), Cause::Encoding(EncodingFault::Broken(coding)), "{coding} {end}");
        }
    }
    let mut changed = gzip(b"hello hello hello").await;
    let middle = changed.len() - 6;
    changed[middle] ^= 1;
    let cause = cause(reply(response(&name(Coding::Gzip), &changed)).await);
    assert_eq!(cause, Cause::Encoding(EncodingFault::Broken(Coding::Gzip)));
}

#[tokio::test]
async fn what_comes_after_the_end_is_an_error() {
    for coding in CODINGS {
        for after in [&b"x"[..], &[0; 100_000]] {
            let body = [&*encoded(coding, b"hello").await, after].concat();
            let Cause::Encoding(fault) = cause(reply(response(&name(coding), &body)).await) else { panic!("{coding}") };
            let expected =
                if coding == Coding::Gzip { EncodingFault::Broken(coding) } else { EncodingFault::Trailing(coding) };
            assert_eq!(fault, expected);
        }
        // The frame's end is missing, though nothing of the contents is.
        let body = encoded(coding, b"hello").await;
        let head = format!("HTTP/1.1 200 OK\r\n{}transfer-encoding: chunked\r\n\r\n{:x}\r\n", name(coding), body.len());
        let cut = [head.as_bytes(), &body, b"\r\n"].concat();
        let truncated = Cause::Protocol(belljar_http::ProtocolFault::Truncated);
        assert_eq!(cause(reply(cut).await), truncated, "{coding}");
    }
}

#[tokio::test]
async fn members_of_gzip_follow_each_other() {
    let body = [gzip(b"hello ").await, gzip(b"").await, gzip(b"world").await].concat();
    assert_eq!(reply(response(&name(Coding::Gzip), &body)).await.unwrap().body, b"hello world");
}

#[tokio::test]
async fn what_was_encoded_twice_is_decoded_once() {
    let inner = gzip(b"hello").await;
    let body = gzip(&inner).await;
    assert_eq!(reply(response(&name(Coding::Gzip), &body)).await.unwrap().body, inner);
}

#[tokio::test]
async fn the_limit_after_decoding_is_exact() {
    for coding in CODINGS {
        for size in [1, 16 << 10, (16 << 10) + 1, 1_000_000] {
            let bytes = response(&name(coding), &encoded(coding, &vec![0; size]).await);
            let bounds = |decoded_bytes| Bounds { decoded_bytes, ..Bounds::default() };
            assert_eq!(reply_within(&bytes, bounds(size as u64)).await.unwrap().body.len(), size);
            let less = size as u64 - 1;
            assert_eq!(cause(reply_within(&bytes, bounds(less)).await), Cause::TooLarge(Part::Decoded, less));
        }
    }
}

/// Bodies of about a mebibyte or less that come to a gibibyte. The memory that they take is looked at from outside.
#[tokio::test]
async fn a_bomb_is_stopped_by_the_limit_and_takes_no_memory() {
    const GIBIBYTE: usize = 1 << 30;
    let piece = vec![0; 16 << 20];
    let gzip = gzip(&piece).await.repeat(GIBIBYTE / piece.len());
    let brotli = brotli(&piece, GIBIBYTE / piece.len()).await;
    drop(piece);
    assert!(gzip.len() < 8 << 20 && brotli.len() < 1 << 20, "{} {}", gzip.len(), brotli.len());
    let before = peak(true);
    for (coding, body) in [(Coding::Gzip, gzip), (Coding::Brotli, brotli)] {
        let bytes = response(&name(coding), &body);
        let most = 1 << 20;
        let bounds = Bounds { decoded_bytes: most, ..Bounds::default() };
        let result: Result<Reply, SendError> = reply_within(bytes, bounds).await;
        assert_eq!(cause(result), Cause::TooLarge(Part::Decoded, most), "{coding}");
    }
    let grown = peak(false).saturating_sub(before);
    assert!(grown < 192 << 20, "{grown} bytes");
}

/// The most memory that this process has had in use since the count began anew.
#[cfg(target_os = "linux")]
fn peak(anew: bool) -> usize {
    if anew {
        let _ = std::fs::write("/proc/self/clear_refs", "5");
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() << 10
}

#[cfg(not(target_os = "linux"))]
fn peak(_: bool) -> usize {
    0
}
