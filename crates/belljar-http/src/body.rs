//! Reading a body: its frame, its content coding, its limits.

use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use async_compression::tokio::bufread::{BrotliDecoder, GzipDecoder};
use bytes::{Buf, Bytes};
use hyper::Version;
use hyper::body::{Body, Incoming};
use hyper::header::{self, HeaderMap};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncReadExt, ReadBuf};

use crate::error::{Cause, Coding, EncodingFault, Part, ProtocolFault};
use crate::exchange::{Exchange, MAX_RESPONSE_HEADERS, cause};
use crate::headers::shown;
use crate::hop::Bounds;

/// Bytes that are decoded at once.
const PIECE: usize = 16 << 10;

/// Pieces after which others have their turn.
const TURN: usize = 16;

/// Bytes on the wire that one byte of a body may take: a chunk of one byte takes six.
const FRAME_RATIO: u64 = 6;

/// Bytes on the wire besides, for what is read with the head, for the last chunk and for trailers.
const FRAME_BESIDE: u64 = 64 << 10;

/// A body as it arrives, without the frame of `chunked`.
pub(crate) struct Arriving {
    exchange: Exchange,
    body: Incoming,
    chunk: Bytes,
    encoded: u64,
    limit: u64,
    fault: Option<Cause>,
}

/// Reads the whole body and takes its coding off. How long it was before comes with it.
pub(crate) async fn read(
    exchange: Exchange,
    body: Incoming,
    coding: Result<Option<Coding>, EncodingFault>,
    bounds: &Bounds,
) -> Result<(Vec<u8>, u64), Cause> {
    let limit = bounds.encoded_bytes;
    if body.size_hint().lower() > limit {
        return Err(Cause::TooLarge(Part::Encoded, limit));
    }
    exchange.watch.allow(limit.saturating_mul(FRAME_RATIO).saturating_add(FRAME_BESIDE));
    let mut arriving = Arriving { exchange, body, chunk: Bytes::new(), encoded: 0, limit, fault: None };
    let most = bounds.decoded_bytes;
    // Servers name a coding where there is nothing to decode, too.
    let empty = arriving.fill_buf().await.is_ok_and(<[u8]>::is_empty);
    let coding = if empty { None } else { coding.map_err(Cause::Encoding)? };
    let decoded = match coding {
        None => gather(&mut arriving, most).await,
        Some(Coding::Gzip) => {
            let mut decoder = GzipDecoder::new(&mut arriving);
            decoder.multiple_members(true);
            gather(decoder, most).await
        }
        Some(Coding::Brotli) => gather(BrotliDecoder::new(&mut arriving), most).await,
    };
    if let Some(fault) = arriving.fault.take() {
        return Err(fault);
    }
    let broken =
        |_| coding.map_or(Cause::Protocol(ProtocolFault::Truncated), |c| Cause::Encoding(EncodingFault::Broken(c)));
    let decoded = decoded.map_err(broken)?.ok_or(Cause::TooLarge(Part::Decoded, most))?;
    // A decoder stops where its data ends. The frame has to end there, too.
    let rest = arriving.fill_buf().await.map(<[u8]>::len);
    match (rest, arriving.fault.take(), coding) {
        (Ok(0), None, _) => Ok((decoded, arriving.encoded)),
        (_, Some(fault), _) => Err(fault),
        (_, None, Some(coding)) => Err(Cause::Encoding(EncodingFault::Trailing(coding))),
        (_, None, None) => Err(Cause::Protocol(ProtocolFault::Truncated)),
    }
}

/// Everything that a reader has, or nothing if it is more than the limit.
async fn gather(reader: impl AsyncRead, most: u64) -> io::Result<Option<Vec<u8>>> {
    let mut reader = pin!(reader);
    let mut piece = vec![0; PIECE];
    let mut all = Vec::new();
    for turn in 1_usize.. {
        let got = reader.read(&mut piece).await?;
        if got == 0 {
            break;
        }
        if all.len() as u64 + got as u64 > most {
            return Ok(None);
        }
        all.extend_from_slice(piece.get(..got).unwrap_or_default());
        if turn.is_multiple_of(TURN) {
            tokio::task::yield_now().await;
        }
    }
    Ok(Some(all))
}

impl Arriving {
    fn fail<T>(&mut self, cause: Cause) -> Poll<io::Result<T>> {
        self.fault.get_or_insert(cause);
        Poll::Ready(Err(io::Error::other("the body could not be read")))
    }

    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Cause>>> {
        loop {
            let mut frame = Pin::new(&mut self.body).poll_frame(cx);
            if frame.is_pending() && self.exchange.poll(cx) {
                frame = Pin::new(&mut self.body).poll_frame(cx);
            }
            if frame.is_pending() && self.exchange.watch.exhausted() {
                return Poll::Ready(Some(Err(Cause::TooLarge(Part::Framing, self.limit))));
            }
            match ready!(frame) {
                None => return Poll::Ready(None),
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) if data.is_empty() => {}
                    Ok(data) => return Poll::Ready(Some(Ok(data))),
                    // Trailers are not handed on.
                    Err(_) => {}
                },
                Some(Err(error)) => {
                    let of_body = cause(&error, MAX_RESPONSE_HEADERS);
                    return Poll::Ready(Some(Err(self.exchange.ended().unwrap_or(of_body))));
                }
            }
        }
    }
}

impl AsyncBufRead for Arriving {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let this = self.get_mut();
        if this.fault.is_some() {
            return Poll::Ready(Err(io::Error::other("the body could not be read")));
        }
        if this.chunk.is_empty() {
            match ready!(this.poll_chunk(cx)) {
                None => return Poll::Ready(Ok(&[])),
                Some(Err(cause)) => return this.fail(cause),
                Some(Ok(chunk)) => {
                    this.encoded = this.encoded.saturating_add(chunk.len() as u64);
                    if this.encoded > this.limit {
                        return this.fail(Cause::TooLarge(Part::Encoded, this.limit));
                    }
                    this.chunk = chunk;
                }
            }
        }
        Poll::Ready(Ok(&this.chunk))
    }

    fn consume(self: Pin<&mut Self>, amount: usize) {
        let chunk = &mut self.get_mut().chunk;
        chunk.advance(amount.min(chunk.len()));
    }
}

impl AsyncRead for Arriving {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let available = ready!(self.as_mut().poll_fill_buf(cx))?;
        let part = available.get(..available.len().min(buf.remaining())).unwrap_or_default();
        buf.put_slice(part);
        let amount = part.len();
        self.consume(amount);
        Poll::Ready(Ok(()))
    }
}

/// Whether the body's frame can be relied on: one length, and no transfer coding besides `chunked`.
pub(crate) fn framing(version: Version, headers: &HeaderMap) -> Result<(), ProtocolFault> {
    let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter();
    let Some(coding) = codings.next() else { return Ok(()) };
    let chunked = coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked") && codings.next().is_none();
    if !chunked || version != Version::HTTP_11 {
        return Err(ProtocolFault::TransferCoding);
    }
    if headers.contains_key(header::CONTENT_LENGTH) {
        return Err(ProtocolFault::TwoLengths);
    }
    Ok(())
}

/// The content coding to take off.
pub(crate) fn coding(headers: &HeaderMap) -> Result<Option<Coding>, EncodingFault> {
    let values = headers.get_all(header::CONTENT_ENCODING).iter();
    let tokens = values.flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    let mut tokens = tokens.map(|token| token.trim_ascii().to_ascii_lowercase()).filter(|token| !token.is_empty());
    let first = tokens.next();
    if tokens.next().is_some() {
        return Err(EncodingFault::Several);
    }
    match first.as_deref() {
        None | Some(b"identity") => Ok(None),
        Some(b"gzip" | b"x-gzip") => Ok(Some(Coding::Gzip)),
        Some(b"br") => Ok(Some(Coding::Brotli)),
        Some(other) => Err(EncodingFault::Unknown(shown(&String::from_utf8_lossy(other)))),
    }
}
