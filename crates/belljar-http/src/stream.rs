//! The connection as it is seen from outside: what went through it, and how much more may come.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A byte stream: TCP, or TLS over it.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// What is known of a connection from beside it.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    sent: AtomicBool,
    allowance: Mutex<Allowance>,
}

#[derive(Debug, Default)]
struct Allowance {
    /// Bytes that may still be read.
    left: u64,
    /// Whether more than that was wanted. Reading then waits for [`Watch::allow`]: who drives the connection sees first
    /// whether what has arrived is complete, and ends it otherwise.
    wanted: bool,
    reader: Option<Waker>,
}

impl Watch {
    /// Whether any byte was written, or may have been.
    pub(crate) fn sent(&self) -> bool {
        self.sent.load(Ordering::Relaxed)
    }

    /// From now on so many bytes may be read.
    pub(crate) fn allow(&self, bytes: u64) {
        let reader = {
            let mut allowance = self.allowance();
            allowance.left = bytes;
            allowance.wanted = false;
            allowance.reader.take()
        };
        if let Some(reader) = reader {
            reader.wake();
        }
    }

    /// Whether more was wanted than may be read.
    pub(crate) fn exhausted(&self) -> bool {
        self.allowance().wanted
    }

    fn allowance(&self) -> MutexGuard<'_, Allowance> {
        self.allowance.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A stream that keeps a [`Watch`] informed and reads no more than it allows.
pub(crate) struct Watched<S> {
    stream: S,
    watch: Arc<Watch>,
}

impl<S> Watched<S> {
    pub(crate) fn new(stream: S, watch: Arc<Watch>) -> Self {
        Watched { stream, watch }
    }
}

impl<S: Stream> AsyncRead for Watched<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let left = {
            let mut allowance = this.watch.allowance();
            if allowance.left == 0 {
                allowance.wanted = true;
                allowance.reader = Some(cx.waker().clone());
                return Poll::Pending;
            }
            usize::try_from(allowance.left).unwrap_or(usize::MAX)
        };
        let room = buf.remaining().min(left);
        let mut part = ReadBuf::new(buf.initialize_unfilled_to(room));
        let read = Pin::new(&mut this.stream).poll_read(cx, &mut part);
        let got = part.filled().len();
        buf.advance(got);
        let mut allowance = this.watch.allowance();
        allowance.left = allowance.left.saturating_sub(got as u64);
        read
    }
}

impl<S: Stream> AsyncWrite for Watched<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.watch.sent.store(true, Ordering::Relaxed);
        Pin::new(&mut this.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.watch.sent.store(true, Ordering::Relaxed);
        Pin::new(&mut this.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}
