// HTML that tries to load something, to look up a name, or to lead elsewhere: by itself, or when it is clicked. `u` is an
// address at whose name and port the tests listen.

/** `lead`: something is taken out of it and counted. `kept`: a text that must still be there. */
export function leading(host, port) {
  const made = [];
  const add = (name, html, { lead = true, kept } = {}) => made.push({ name, html: html.replaceAll("URL", `http://${name}.${host}:${port}/`).replaceAll("HOST", `${name}.${host}:${port}`), lead, kept });

  // Frames, and what is like one.
  add("iframe", '<iframe src="URL"></iframe>');
  add("iframe-slash", "<iframe/src='URL'/>");
  add("iframe-upper", '<IFRAME SRC="URL"></IFRAME>');
  add("iframe-srcdoc", `<iframe srcdoc='<iframe src="URL"></iframe>'></iframe>`);
  add("iframe-srcdoc-entities", '<iframe srcdoc="&lt;iframe src=URL&gt;&lt;/iframe&gt;"></iframe>');
  add("iframe-data", `<iframe src="data:text/html,<iframe src='URL'></iframe>"></iframe>`);
  add("iframe-javascript", `<iframe src="javascript:location='URL'"></iframe>`);
  add("iframe-lazy", '<iframe loading="eager" src="URL"></iframe>');
  add("iframe-credentialless", '<iframe credentialless src="URL"></iframe>');
  add("iframe-unclosed", "<iframe src=URL", { lead: false });
  add("iframe-unclosed-2", "<p>text</p><iframe src=URL>");
  add("frameset", '<frameset><frame src="URL"></frameset>');
  add("frameset-nested", '<html><frameset cols="50%,50%"><frameset rows="1,1"><frame src="URL"><frame src="about:blank"></frameset></frameset></html>');
  add("object", '<object data="URL" type="text/html"></object>');
  add("object-codebase", '<object codebase="URL" data="x" type="text/html"></object>');
  add("object-param", '<object type="text/html"><param name="movie" value="URL"><embed src="URL"></object>');
  add("embed", '<embed src="URL" type="text/html">');
  add("applet", '<applet code="x" archive="URL"></applet>');
  add("portal", '<portal src="URL"></portal>');
  add("fencedframe", '<fencedframe src="URL"></fencedframe>');
  add("image-tag", '<image src="URL">');
  add("svg-foreign-iframe", '<svg><foreignObject><iframe xmlns="http://www.w3.org/1999/xhtml" src="URL"></iframe></foreignObject></svg>');
  add("svg-iframe", '<svg><iframe src="URL"></iframe></svg>');
  add("math-iframe", '<math><mtext><iframe src="URL"></iframe></mtext></math>');
  add("template-iframe", '<template shadowrootmode="open"><iframe src="URL"></iframe></template>', { lead: false });
  add("shadow-root", '<div><template shadowrootmode="open"><iframe src="URL"></iframe><slot></slot></template>x</div>', { lead: false });
  add("noscript-iframe", '<noscript><iframe src="URL"></iframe></noscript>');
  add("select-iframe", '<select><button><selectedcontent></selectedcontent></button><option><iframe src="URL"></iframe></option></select>');
  add("table-iframe", '<table><iframe src="URL"></iframe><tr><td>kept</td></tr></table>', { kept: "kept" });
  add("comment-iframe", '<!--><iframe src="URL">-->');
  add("comment-bang", '<!--x--!><iframe src="URL"></iframe>');
  add("title-iframe", '<title></title><iframe src="URL"></iframe>');
  add("textarea-iframe", '<textarea></textarea><iframe src="URL"></iframe>');
  add("style-iframe", '<style></style><iframe src="URL"></iframe>');
  // The kind that parses differently the second time.
  add("mutation-math", '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;iframe src=URL&gt;">', { lead: false });
  add("mutation-form", '<form><math><mtext></form><form><mglyph><style></math><iframe src="URL">', { lead: false });
  add("mutation-svg", '<svg></p><style><a id="</style><iframe src=URL>">', { lead: false });
  add("mutation-noscript", '<noscript><p title="</noscript><iframe src=URL></iframe>">', { lead: false });
  add("mutation-style-string", '<style>p::before{content:"</sty\\6ce><iframe src=URL>"}</style><p>x</p>', { lead: false });
  add("mutation-style-escape", '<style>p::before{content:"\\3c /style\\3e\\3c iframe src=URL\\3e"}</style><p>x</p>', { lead: false });
  add("mutation-xmp", '<xmp><p title="</xmp><iframe src=URL></iframe>"></xmp>');
  add("mutation-plaintext", '<svg><title><style><iframe src="URL"></style></title></svg>', { lead: false });
  add("mutation-select", '<select><math><mtext><style><iframe src="URL">', { lead: false });
  add("mutation-annotation", '<math><annotation-xml encoding="text/html"><iframe src="URL"></iframe></annotation-xml></math>');
  add("mutation-deep", `${"<div>".repeat(600)}<svg><style><iframe src="URL">`, { lead: false });

  // Ways out of the document.
  add("refresh", '<meta http-equiv="refresh" content="0;url=URL">');
  add("refresh-upper", '<META HTTP-EQUIV="Refresh" CONTENT="0; URL=\'URL\'">');
  add("refresh-body", '<p>x</p><body><meta http-equiv=refresh content="0,URL">');
  add("anchor", '<a href="URL">kept</a>', { kept: "kept" });
  add("anchor-top", '<a href="URL" target="_top">x</a>');
  add("anchor-blank", '<a href="URL" target="_blank" rel="noopener">x</a>');
  add("anchor-spaces", '<a href=" \t\nURL">x</a>');
  add("anchor-scheme-relative", '<a href="//HOST/">x</a>');
  add("anchor-backslash", '<a href="\\\\HOST/">x</a>');
  add("anchor-relative", '<a href="elsewhere.html">x</a>');
  add("anchor-ping", '<a href="#x" ping="URL">x</a>');
  add("anchor-attribution", '<a href="#x" attributionsrc="URL">x</a>');
  add("anchor-base", '<base href="URL"><a href="page">x</a>');
  add("base", '<base href="URL"><img src="x.png"><link rel="stylesheet" href="x.css">');
  add("anchor-svg", '<svg width="99" height="99"><a href="URL"><rect width="99" height="99"/></a></svg>');
  add("anchor-svg-xlink", '<svg width="99" height="99"><a xlink:href="URL"><rect width="99" height="99"/></a></svg>');
  add("anchor-svg-animate", '<svg width="99" height="99"><a><animate attributeName="href" values="URL"/><rect width="99" height="99"/></a></svg>');
  add("anchor-svg-set", '<svg width="99" height="99"><a id="a"><rect width="99" height="99"/></a><set href="#a" attributeName="href" to="URL"/></svg>');
  add("anchor-math", '<math href="URL"><mtext>x</mtext></math>');
  add("anchor-mathml-maction", '<math><maction actiontype="statusline" xlink:href="URL"><mtext>x</mtext></maction></math>');
  add("area", '<map name="m"><area shape="rect" coords="0,0,99,99" href="URL"></map><img usemap="#m" width="99" height="99" src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=">');
  add("form", '<form action="URL"><button>x</button></form>');
  add("form-get", '<form action="URL" method="get"><input name="q" value="secret"><input type="submit" value="x"></form>');
  add("formaction", '<form><button formaction="URL">x</button></form>');
  add("formaction-outside", '<form id="f"></form><button form="f" formaction="URL">x</button>');
  add("form-image", '<form action="URL"><input type="image" src="URL"></form>');
  add("form-dialog", '<dialog open><form method="dialog" action="URL"><button>x</button></form></dialog>');
  add("form-target", '<form action="URL" target="_top"><button>x</button></form>');
  add("popover-link", '<button popovertarget="p">x</button><div popover id="p"><a href="URL">x</a><iframe src="URL"></iframe></div>');
  add("command", '<button commandfor="d" command="show-modal">x</button><dialog id="d"><iframe src="URL"></iframe></dialog>');
  add("details", '<details ontoggle="location=\'URL\'"><summary>x</summary><iframe src="URL"></iframe></details>');
  add("interest", '<a href="URL" interestfor="p">x</a><div id="p" popover>y</div>');
  add("download", '<a href="URL" download>x</a>');
  add("javascript", "<a href=\"javascript:location='URL'\">x</a>");
  add("isindex", '<isindex action="URL" type="image">', { lead: false });
  add("keygen", '<a href="URL"><keygen>x</a>');

  // What is fetched or looked up ahead.
  for (const rel of ["prefetch", "preconnect", "dns-prefetch", "prerender", "modulepreload", "preload", "stylesheet", "icon", "manifest", "expect", "next", "search", "pingback", "compression-dictionary"]) {
    add(`link-${rel}`, `<link rel="${rel}" as="script" href="URL">`);
  }
  add("link-body", '<p>x<link rel="dns-prefetch" href="//HOST">');
  add("link-imagesrcset", '<link rel="preload" as="image" imagesrcset="URL 1x">');
  add("link-attribution", '<link rel="stylesheet" href="data:text/css,@import%20\'URL\'">');
  add("speculation", '<script type="speculationrules">{"prefetch":[{"urls":["URL"]}],"prerender":[{"urls":["URL"]}]}</script>');
  add("importmap", '<script type="importmap">{"imports":{"x":"URL"}}</script>');
  add("script", '<script src="URL"></script>');
  add("script-svg", '<svg><script href="URL"></script></svg>');
  add("script-module", '<script type="module" src="URL"></script>');
  add("script-inline", "<script>new Image().src='URL'</script>", { lead: false });
  add("dns-control", '<meta http-equiv="x-dns-prefetch-control" content="on"><a href="//HOST">x</a>');
  add("csp-meta", '<meta http-equiv="Content-Security-Policy" content="default-src *"><img src="URL">');
  add("csp-report", '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; report-uri URL"><img src="URL">');
  add("accept-ch", '<meta http-equiv="accept-ch" content="dpr"><img src="URL">');
  add("manifest", '<html manifest="URL"><p>x</p></html>');
  add("profile", '<head profile="URL"></head><p>x</p>');

  // Pictures, sounds, films.
  add("img", '<img src="URL">');
  add("img-srcset", '<img srcset="URL 1x, URL 2x">');
  add("img-lowsrc", '<img lowsrc="URL" dynsrc="URL">');
  add("img-attribution", '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=" attributionsrc="URL">');
  add("img-longdesc", '<img alt="x" longdesc="URL">', { lead: false });
  add("picture", '<picture><source srcset="URL"><img alt="x"></picture>');
  add("video", '<video src="URL" poster="URL" autoplay></video>');
  add("video-source", '<video autoplay><source src="URL"><track src="URL" default></video>');
  add("audio", '<audio src="URL" autoplay></audio>');
  add("bgsound", '<bgsound src="URL">');
  add("input-image", '<input type="image" src="URL">');
  add("body-background", '<body background="URL">x</body>');
  add("table-background", '<table background="URL"><tr><td background="URL">x</td></tr></table>');
  add("img-svg-data", `<img src="data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'><image href='URL'/><foreignObject><iframe xmlns='http://www.w3.org/1999/xhtml' src='URL'/></foreignObject></svg>">`, { lead: false });
  add("svg-image", '<svg><image href="URL" xlink:href="URL" width="9" height="9"/></svg>');
  add("svg-use", '<svg><use href="URL#x"/></svg>');
  add("svg-use-data", `<svg><use href="data:image/svg+xml,<svg id='x' xmlns='http://www.w3.org/2000/svg'><image href='URL'/></svg>#x"/></svg>`);
  add("svg-feimage", '<svg><filter id="f"><feImage href="URL"/></filter><rect filter="url(#f)" width="9" height="9"/></svg>');
  add("svg-mpath", '<svg><rect width="9" height="9"><animateMotion><mpath href="URL#p"/></animateMotion></rect></svg>');
  add("svg-textpath", '<svg><text><textPath href="URL#p">x</textPath></text></svg>');
  add("svg-gradient", '<svg><linearGradient id="g" href="URL#g"/><rect fill="url(#g)" width="9" height="9"/></svg>');
  add("svg-pattern", '<svg><pattern id="g" xlink:href="URL#g"/><rect fill="url(#g)" width="9" height="9"/></svg>');
  add("svg-cursor", '<svg><rect cursor="url(URL), auto" width="9" height="9"/></svg>');
  for (const name of ["fill", "stroke", "filter", "mask", "clip-path", "marker-start"]) add(`svg-${name}`, `<svg><rect ${name}="url(URL#x)" width="9" height="9"/></svg>`);
  add("svg-fill-escaped", '<svg><rect fill="u\\72l(URL#x)" width="9" height="9"/></svg>');

  // Style sheets.
  const style = (name, css, options) => add(`css-${name}`, `<style>${css}</style><p class="p">kept</p>`, { kept: "kept", ...options });
  style("url", "p{background:url(URL)}");
  style("url-quoted", "p{background:url('URL')}");
  style("url-escaped", "p{background:u\\72 l(URL)}");
  style("url-escaped-place", "p{background:url(h\\74tp://HOST/)}");
  style("url-comment", "p{background:url(/**/'URL')}", { lead: false });
  style("url-upper", "p{BACKGROUND-IMAGE:URL(URL)}", { lead: false });
  style("url-relative", "p{background:url(//HOST/x)}");
  style("import", "@import 'URL';");
  style("import-url", "@import url(URL) layer(x) supports(display:grid);");
  style("import-escaped", "@\\69mport 'URL';");
  style("import-late", "p{} @import 'URL';");
  style("import-data", "@import 'data:text/css,p{background:url(URL)}';");
  style("font", "@font-face{font-family:x;src:url(URL)} p{font-family:x}");
  style("font-local", "@font-face{font-family:x;src:local(x),url(URL) format('woff2')} p{font-family:x}");
  style("image-set", "p{background:image-set('URL' 1x)}");
  style("image-set-webkit", "p{background:-webkit-image-set(url(URL) 1x)}");
  style("cross-fade", "p{background:-webkit-cross-fade(url(URL),url(URL),50%)}");
  style("src", "p{background:src('URL')}", { lead: false });
  style("content", "p::after{content:url(URL)}");
  style("cursor", "p{cursor:url(URL),auto}");
  style("list", "p{display:list-item;list-style-image:url(URL)}");
  style("border", "p{border-image:url(URL) 1}");
  style("mask", "p{mask:url(URL);-webkit-mask-image:url(URL)}");
  style("filter", "p{filter:url(URL#x);backdrop-filter:url(URL#x)}");
  style("shape", "p{float:left;shape-outside:url(URL)}");
  style("offset", "p{offset-path:url(URL#x)}");
  style("variable", "p{--x:url(URL);background:var(--x)}");
  style("variable-escaped", "p{--x:u\\72l(URL);background:var(--x)}");
  style("property", "@property --x{syntax:'<url>';inherits:false;initial-value:url(URL)} p{background:var(--x)}", { lead: false });
  style("nested", "p{color:red;&:not(.x){background:url(URL)}}");
  style("media", "@media all{@supports (display:grid){p{background:url(URL)}}}");
  style("layer", "@layer a{p{background:url(URL)}}");
  style("container", "@container (width > 1px){p{background:url(URL)}}", { lead: true });
  style("scope", "@scope (body){p{background:url(URL)}}");
  style("starting", "p{transition:1s;@starting-style{background:url(URL)}}");
  style("keyframes", "@keyframes k{from{background:url(URL)}} p{animation:k 1s infinite}");
  style("counter", "@counter-style c{system:cyclic;symbols:url(URL)} p{display:list-item;list-style:c}", { lead: false });
  style("namespace", "@namespace url(URL);", { lead: false });
  style("document", "@-moz-document url(URL){p{color:red}}", { lead: false });
  style("view-transition", "@view-transition{navigation:auto}", { lead: false });
  style("hover", "p:hover{background:url(URL)}");
  style("attribute-selector", "p[class^='p']{background:url(URL?p)}");
  style("function", "@function --f(){result:url(URL)} p{background:--f()}", { lead: false });
  add("css-svg-style", '<svg><style>rect{fill:url(URL#x);background:url(URL)}</style><rect width="9" height="9"/></svg>');
  add("css-attribute", '<p style="background:url(URL)">kept</p>', { kept: "kept" });
  add("css-attribute-escaped", '<p style="background:u\\72l(URL)">x</p>');
  add("css-attribute-entity", '<p style="background:&#117;rl(URL)">x</p>');
  add("css-attribute-variable", '<p style="--x:url(URL);background:var(--x)">x</p>');
  add("css-attribute-image-set", "<p style=\"background:image-set('URL' 1x)\">x</p>");
  add("css-link-media", '<link rel="stylesheet" media="print" href="URL">');
  add("xml-stylesheet", '<?xml-stylesheet href="URL"?><p>x</p>', { lead: false });
  add("none", "<p>kept</p>", { lead: false, kept: "kept" });
  return made;
}
