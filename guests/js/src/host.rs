//! The object `host` that the prelude is written on: the world's imports, and what JavaScript has no library for.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use rquickjs::{ArrayBuffer, Ctx, Exception, Function, IntoJs, Object, Result, TypedArray, Value};
use sha2::Digest;

use crate::numbers::Generator;
use crate::world::belljar::tool::{artifacts, clock, console, files, http, human, kv, random, tools, types, waiting};

/// Whether the engine is past its snapshot: before it there is no world to ask.
pub static SNAPSHOTTED: AtomicBool = AtomicBool::new(false);

static mut RANDOM: Generator = Generator::new();

/// Readings of the clock without a wait in between (a million) after which a tool is told that it stands still.
const READINGS: u32 = 1_000_000;

static READ: AtomicU32 = AtomicU32::new(0);

/// The clock, which stands still while a tool computes. A loop that waits for it ends with its fuel or its time; what is
/// said here is then the only hint at why.
fn clock() -> u64 {
    let read = READ.load(Ordering::Relaxed);
    if read == READINGS {
        console::write(
            console::Level::Warn,
            "the clock was read a million times without a wait. It stands still while a tool computes, so a loop cannot \
             wait for it: write `await new Promise((done) => setTimeout(done, ms))` instead",
        );
    }
    READ.store(read.saturating_add(1), Ordering::Relaxed);
    clock::now()
}

/// QuickJS's only import: microseconds since 1970.
#[unsafe(no_mangle)]
extern "C" fn __rquickjs_host_now_us() -> f64 {
    if SNAPSHOTTED.load(Ordering::Relaxed) { (clock() / 1000) as f64 } else { 0.0 }
}

pub fn object<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let host = Object::new(ctx.clone())?;
    macro_rules! functions {
        ($($name:literal => $function:expr),* $(,)?) => {
            $(host.set($name, Function::new(ctx.clone(), $function)?.with_name($name)?)?;)*
        };
    }
    functions! {
        "write" => write,
        "now" => now,
        "random" => random_bytes,
        "number" => number,
        "reset" => reset,
        "wait" => wait,
        "artifact" => artifact,
        "kvStart" => kv_start,
        "kvReplace" => kv_replace,
        "kvPage" => kv_page,
        "kvTake" => kv_take,
        "filesStart" => files_start,
        "filesPage" => files_page,
        "filesTake" => files_take,
        "httpStart" => http_start,
        "httpTake" => http_take,
        "toolsStart" => tools_start,
        "toolsTake" => tools_take,
        "humanStart" => human_start,
        "humanTake" => human_take,
        "digest" => digest,
        "encode" => encode,
        "decode" => decode,
        "url" => url,
        "urlSet" => url_set,
        "formParse" => form_parse,
        "formWrite" => form_write,
        "localeTags" => locale_tags,
        "locale" => locale,
    }
    Ok(host)
}

fn write(level: u8, text: String) {
    let level = match level {
        0 => console::Level::Debug,
        1 => console::Level::Info,
        2 => console::Level::Log,
        3 => console::Level::Warn,
        _ => console::Level::Error,
    };
    console::write(level, &text);
}

/// Milliseconds since 1970, to the nanosecond as far as a number holds it.
fn now() -> f64 {
    let clock = clock();
    // The parts are exact: one rounding in place of two.
    (clock / 1_000_000) as f64 + (clock % 1_000_000) as f64 / 1e6
}

fn random_bytes(ctx: Ctx<'_>, length: u32) -> Result<TypedArray<'_, u8>> {
    TypedArray::new(ctx, random::bytes(length))
}

fn number() -> f64 {
    // SAFETY: a guest has one thread.
    #[allow(static_mut_refs, reason = "a guest has one thread")]
    unsafe {
        RANDOM.next(|| random::bytes(32))
    }
}

fn reset() {
    // SAFETY: a guest has one thread.
    #[allow(static_mut_refs, reason = "a guest has one thread")]
    unsafe {
        RANDOM.reset();
    }
}

/// Waits for one of the tickets, or until a moment in milliseconds since 1970.
fn wait(tickets: Vec<u32>, until: Option<f64>) -> Option<u32> {
    // Whole microseconds: more than a number of this size holds would be noise.
    READ.store(0, Ordering::Relaxed);
    let until = until.map(|ms| (ms * 1e3).ceil().max(0.0) as u64 * 1000);
    waiting::wait(&tickets, until)
}

/// A buffer, a view or a typed array as bytes.
fn bytes<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> Result<Vec<u8>> {
    let object = value.as_object();
    let found = object.and_then(|object| {
        if let Some(array) = object.as_typed_array::<u8>() {
            // SAFETY: no JavaScript runs until the bytes are copied.
            return unsafe { array.as_bytes() }.map(<[u8]>::to_vec);
        }
        // SAFETY: as above.
        ArrayBuffer::from_object(object.clone()).and_then(|buffer| unsafe { buffer.as_bytes() }.map(<[u8]>::to_vec))
    });
    found.ok_or_else(|| Exception::throw_type(ctx, "bytes are expected: a Uint8Array or an ArrayBuffer"))
}

fn typed<'js>(ctx: &Ctx<'js>, bytes: Vec<u8>) -> Result<Value<'js>> {
    TypedArray::<u8>::new(ctx.clone(), bytes)?.into_js(ctx)
}

/// `{ value }` or `{ failure, … }`; the prelude makes an error of the latter.
fn answer<'js, T>(
    ctx: Ctx<'js>,
    result: core::result::Result<T, types::Failure>,
    show: impl FnOnce(&Ctx<'js>, T) -> Result<Value<'js>>,
) -> Result<Object<'js>> {
    let answer = Object::new(ctx.clone())?;
    match result {
        Ok(value) => answer.set("value", show(&ctx, value)?)?,
        Err(failure) => {
            use types::Failure as F;
            let (kind, message) = match failure {
                F::Denied(denial) => {
                    answer.set("capability", denial.capability)?;
                    answer.set("request", denial.request)?;
                    answer.set("rule", denial.rule)?;
                    ("denied", String::new())
                }
                F::Exhausted(text) => ("exhausted", text),
                F::NotFound(text) => ("not-found", text),
                F::Invalid(text) => ("invalid", text),
                F::TooLarge(text) => ("too-large", text),
                F::TimedOut(text) => ("timed-out", text),
                F::Other(text) => ("other", text),
            };
            answer.set("failure", kind)?;
            answer.set("message", message)?;
        }
    }
    Ok(answer)
}

fn artifact<'js>(ctx: Ctx<'js>, name: String, media_type: String, content: Value<'js>) -> Result<Object<'js>> {
    let content = bytes(&ctx, &content)?;
    answer(ctx, artifacts::write(&name, &media_type, &content), |ctx, ()| Ok(Value::new_undefined(ctx.clone())))
}

fn kv_start<'js>(ctx: Ctx<'js>, what: String, key: String, value: Value<'js>) -> Result<u32> {
    let request = match what.as_str() {
        "get" => kv::Request::Get(key),
        "set" => kv::Request::Set(kv::Item { key, value: bytes(&ctx, &value)? }),
        "delete" => kv::Request::Delete(key),
        _ => kv::Request::List(key),
    };
    Ok(kv::start(&request))
}

/// Nothing stands for a key that is not there.
fn kv_replace<'js>(ctx: Ctx<'js>, key: String, expected: Value<'js>, value: Value<'js>) -> Result<u32> {
    let given = |value: Value<'js>| (!value.is_undefined()).then(|| bytes(&ctx, &value)).transpose();
    let (expected, value) = (given(expected)?, given(value)?);
    Ok(kv::start_replace(&kv::Change { key, expected, value }))
}

fn kv_page(prefix: String, after: String, most: u32) -> u32 {
    kv::start_page(&kv::Range { prefix, after, most })
}

fn kv_take(ctx: Ctx<'_>, ticket: u32) -> Result<Object<'_>> {
    answer(ctx, kv::take(ticket), |ctx, response| match response {
        kv::Response::Value(Some(bytes)) => typed(ctx, bytes),
        kv::Response::Keys(keys) => keys.into_js(ctx),
        kv::Response::Replaced(replaced) => replaced.into_js(ctx),
        kv::Response::Value(None) | kv::Response::Done => Ok(Value::new_undefined(ctx.clone())),
    })
}

fn files_start<'js>(
    ctx: Ctx<'js>,
    what: String,
    path: String,
    content: Value<'js>,
    offset: f64,
    length: Option<f64>,
) -> Result<u32> {
    let writing =
        |mode| Ok::<_, rquickjs::Error>(files::Writing { path: path.clone(), bytes: bytes(&ctx, &content)?, mode });
    let request = match what.as_str() {
        "read" => files::Request::Read(files::Range {
            path,
            offset: offset.max(0.0) as u64,
            length: length.map(|n| n as u64),
        }),
        "create" => files::Request::Write(writing(files::Mode::Create)?),
        "replace" => files::Request::Write(writing(files::Mode::Replace)?),
        "append" => files::Request::Write(writing(files::Mode::Append)?),
        "list" => files::Request::List(path),
        "stat" => files::Request::Stat(path),
        "remove" => files::Request::Remove(path),
        _ => files::Request::MakeDirectory(path),
    };
    Ok(files::start(&request))
}

fn files_page(path: String, after: String, most: u32) -> u32 {
    files::start_page(&files::Portion { path, after, most })
}

fn entry<'js>(ctx: &Ctx<'js>, entry: files::Entry) -> Result<Value<'js>> {
    let object = Object::new(ctx.clone())?;
    object.set("name", entry.name)?;
    object.set(
        "kind",
        match entry.kind {
            files::Kind::File => "file",
            files::Kind::Directory => "directory",
            files::Kind::Other => "other",
        },
    )?;
    object.set("size", entry.size as f64)?;
    object.into_js(ctx)
}

fn files_take(ctx: Ctx<'_>, ticket: u32) -> Result<Object<'_>> {
    answer(ctx, files::take(ticket), |ctx, response| match response {
        files::Response::Bytes(bytes) => typed(ctx, bytes),
        files::Response::Done => Ok(Value::new_undefined(ctx.clone())),
        files::Response::Entries(entries) => {
            let entries: Result<Vec<_>> = entries.into_iter().map(|e| entry(ctx, e)).collect();
            entries?.into_js(ctx)
        }
        files::Response::Stat(stat) => entry(ctx, stat),
    })
}

fn http_start<'js>(
    ctx: Ctx<'js>,
    method: String,
    url: String,
    headers: Vec<Vec<String>>,
    body: Value<'js>,
    redirect: String,
) -> Result<u32> {
    let redirect = match redirect.as_str() {
        "manual" => http::Redirect::Manual,
        "error" => http::Redirect::Error,
        _ => http::Redirect::Follow,
    };
    let headers = headers.into_iter().filter_map(|pair| {
        let [name, value] = <[String; 2]>::try_from(pair).ok()?;
        Some(http::Header { name, value })
    });
    let body = if body.is_undefined() { None } else { Some(bytes(&ctx, &body)?) };
    Ok(http::start(&http::Request { method, url, headers: headers.collect(), body, redirect }))
}

fn http_take(ctx: Ctx<'_>, ticket: u32) -> Result<Object<'_>> {
    answer(ctx, http::take(ticket), |ctx, response| {
        let object = Object::new(ctx.clone())?;
        object.set("status", response.status)?;
        object.set("url", response.url)?;
        let headers: Vec<Vec<String>> = response.headers.into_iter().map(|h| vec![h.name, h.value]).collect();
        object.set("headers", headers)?;
        object.set("body", typed(ctx, response.body)?)?;
        object.into_js(ctx)
    })
}

fn tools_start(name: String, input: String) -> u32 {
    tools::start(&tools::Request { name, input })
}

fn tools_take(ctx: Ctx<'_>, ticket: u32) -> Result<Object<'_>> {
    answer(ctx, tools::take(ticket), |ctx, response| response.output.into_js(ctx))
}

fn human_start(question: String, choices: Vec<String>) -> u32 {
    human::start(&human::Request { question, choices })
}

fn human_take(ctx: Ctx<'_>, ticket: u32) -> Result<Object<'_>> {
    answer(ctx, human::take(ticket), |ctx, response| response.answer.into_js(ctx))
}

fn digest<'js>(ctx: Ctx<'js>, algorithm: String, data: Value<'js>) -> Result<Value<'js>> {
    let data = bytes(&ctx, &data)?;
    let digest = match algorithm.as_str() {
        "SHA-1" => sha1::Sha1::digest(data).to_vec(),
        "SHA-256" => sha2::Sha256::digest(data).to_vec(),
        "SHA-384" => sha2::Sha384::digest(data).to_vec(),
        "SHA-512" => sha2::Sha512::digest(data).to_vec(),
        _ => return Ok(Value::new_undefined(ctx)),
    };
    ArrayBuffer::new(ctx.clone(), digest)?.into_js(&ctx)
}

fn encode(ctx: Ctx<'_>, text: String) -> Result<Value<'_>> {
    typed(&ctx, text.into_bytes())
}

/// UTF-8 to text; nothing if it must be valid and is not.
fn decode<'js>(ctx: Ctx<'js>, data: Value<'js>, fatal: bool) -> Result<Option<String>> {
    let data = bytes(&ctx, &data)?;
    Ok(if fatal { String::from_utf8(data).ok() } else { Some(String::from_utf8_lossy(&data).into_owned()) })
}

fn parts<'js>(ctx: &Ctx<'js>, url: &url::Url) -> Result<Object<'js>> {
    use url::quirks as q;
    let object = Object::new(ctx.clone())?;
    object.set("href", q::href(url))?;
    object.set("origin", q::origin(url))?;
    object.set("protocol", q::protocol(url))?;
    object.set("username", q::username(url))?;
    object.set("password", q::password(url))?;
    object.set("host", q::host(url))?;
    object.set("hostname", q::hostname(url))?;
    object.set("port", q::port(url))?;
    object.set("pathname", q::pathname(url))?;
    object.set("search", q::search(url))?;
    object.set("hash", q::hash(url))?;
    Ok(object)
}

/// The parts of a URL; nothing if it cannot be parsed.
fn url<'js>(ctx: Ctx<'js>, text: String, base: Option<String>) -> Result<Option<Object<'js>>> {
    let url = match base {
        Some(base) => url::Url::parse(&base).and_then(|base| base.join(&text)),
        None => url::Url::parse(&text),
    };
    url.ok().map(|url| parts(&ctx, &url)).transpose()
}

/// The parts after one of them was set.
fn url_set<'js>(ctx: Ctx<'js>, href: String, part: String, value: String) -> Result<Option<Object<'js>>> {
    use url::quirks as q;
    let Ok(mut url) = url::Url::parse(&href) else { return Ok(None) };
    let _ = match part.as_str() {
        "protocol" => q::set_protocol(&mut url, &value),
        "username" => q::set_username(&mut url, &value),
        "password" => q::set_password(&mut url, &value),
        "host" => q::set_host(&mut url, &value),
        "hostname" => q::set_hostname(&mut url, &value),
        "port" => q::set_port(&mut url, &value),
        "pathname" => {
            q::set_pathname(&mut url, &value);
            Ok(())
        }
        "search" => {
            q::set_search(&mut url, &value);
            Ok(())
        }
        "hash" => {
            q::set_hash(&mut url, &value);
            Ok(())
        }
        _ => Ok(()),
    };
    parts(&ctx, &url).map(Some)
}

fn form_parse(text: String) -> Vec<Vec<String>> {
    url::form_urlencoded::parse(text.as_bytes()).map(|(name, value)| vec![name.into(), value.into()]).collect()
}

fn form_write(pairs: Vec<Vec<String>>) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    for pair in &pairs {
        if let [name, value] = pair.as_slice() {
            form.append_pair(name, value);
        }
    }
    form.finish()
}

/// What is known of the locales, a line each: `locales/generate.mjs` writes it.
const LOCALES: &str = include_str!("../locales/locales.txt");

/// The tags of the locales that are known.
fn locale_tags() -> Vec<String> {
    let keys = LOCALES.lines().filter_map(|line| line.split_once('\t')).map(|(key, _)| key);
    keys.filter_map(|key| key.strip_suffix(" n")).filter(|tag| *tag != "*").map(str::to_owned).collect()
}

/// The data of a key such as `en-US n`, as JSON.
fn locale(key: String) -> Option<String> {
    let start = format!("{key}\t");
    LOCALES.lines().find_map(|line| line.strip_prefix(&start)).map(str::to_owned)
}
