// Takes out of a worker what has to do with anything but computing; imported for that alone, before all else.

/** What a worker has beyond computing. The frame's policy refuses all of it; a guest that got out finds none of it, either. */
const DOORS =
  /^(?:fetch.*|XMLHttpRequest.*|WebSocket.*|EventSource|WebTransport.*|RTC.*|importScripts|Worker|SharedWorker|navigator|indexedDB|IDB.*|caches|Cache.*|fonts|FontFace.*|Notification|PushManager|.*Socket|createImageBitmap|FileReaderSync|webkit.*|storage.*|cookieStore|BarcodeDetector|serial|hid|usb)$/i;
for (let part: object | null = self; part !== null && part !== Object.prototype; part = Object.getPrototypeOf(part) as object | null) {
  for (const name of Object.getOwnPropertyNames(part)) if (DOORS.test(name)) Reflect.deleteProperty(part, name);
}

export {};
