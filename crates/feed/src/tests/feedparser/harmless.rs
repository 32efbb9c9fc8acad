//! The elements and attributes of HTML that are safe to show.

/// Elements that are kept. Drawings and formulas are not: their rules of parsing have been used
/// to smuggle scripts past every cleaner.
pub(super) const KEPT: &[&str] = &[
    "a", "abbr", "acronym", "address", "area", "article", "aside", "audio", "b", "big",
    "blockquote", "br", "button", "canvas", "caption", "center", "cite", "code", "col", "colgroup",
    "command", "datagrid", "datalist", "dd", "del", "details", "dfn", "dialog", "dir", "div", "dl",
    "dt", "em", "event-source", "fieldset", "figcaption", "figure", "font", "footer", "form", "h1",
    "h2", "h3", "h4", "h5", "h6", "header", "hr", "i", "img", "input", "ins", "kbd", "keygen",
    "label", "legend", "li", "m", "map", "menu", "meter", "multicol", "nav", "nextid", "noscript",
    "ol", "optgroup", "option", "output", "p", "picture", "pre", "progress", "q", "s", "samp",
    "section", "select", "small", "sound", "source", "spacer", "span", "strike", "strong", "sub",
    "summary", "sup", "table", "tbody", "td", "textarea", "tfoot", "th", "thead", "time", "tr",
    "tt", "u", "ul", "var", "video", "wbr",
];

/// Kept elements that have no end.
pub(super) const VOID: &[&str] =
    &["area", "br", "col", "command", "hr", "img", "input", "keygen", "nextid", "source", "wbr"];

/// Elements that are removed with their content.
pub(super) const GONE: &[&str] =
    &["applet", "iframe", "noembed", "noframes", "script", "style", "title"];

/// Attributes that are kept, in addition to those with addresses.
pub(super) const SAID: &[&str] = &[
    "abbr", "accept", "accept-charset", "accesskey", "align", "alt", "autocomplete", "autofocus",
    "axis", "balance", "bgcolor", "bgproperties", "border", "bordercolor", "bordercolordark",
    "bordercolorlight", "bottompadding", "cellpadding", "cellspacing", "ch", "challenge", "char",
    "charoff", "charset", "checked", "choff", "class", "clear", "color", "cols", "colspan",
    "compact", "contenteditable", "controls", "coords", "data", "datafld", "datapagesize",
    "datasrc", "datetime", "default", "delay", "dir", "disabled", "draggable", "enctype", "end",
    "face", "for", "form", "frame", "galleryimg", "gutter", "headers", "height", "hidden",
    "hidefocus", "high", "hreflang", "hspace", "icon", "id", "inputmode", "ismap", "keytype",
    "label", "lang", "leftspacing", "list", "loop", "loopcount", "loopend", "loopstart", "low",
    "max", "maxlength", "media", "method", "min", "multiple", "name", "nohref", "noshade",
    "nowrap", "open", "optimum", "pattern", "ping", "point-size", "pqg", "preload", "prompt",
    "radiogroup", "readonly", "rel", "repeat-max", "repeat-min", "replace", "required", "rev",
    "rightspacing", "rows", "rowspan", "rules", "scope", "selected", "shape", "size", "span",
    "start", "step", "summary", "suppress", "tabindex", "target", "template", "title",
    "toppadding", "type", "unselectable", "urn", "valign", "value", "variable", "volume", "vrml",
    "vspace", "width", "wrap", "xml:lang",
];

/// Attributes that name addresses.
pub(super) const ADDRESSES: &[&str] = &[
    "action", "background", "cite", "dynsrc", "href", "longdesc", "lowsrc", "poster", "src",
    "usemap",
];
