//! Labels and phrases of notes, in lower case.

/// Labels of corrections.
#[rustfmt::skip]
pub(crate) const CORRECTIONS: &[&str] = &[
    "correction", "corrections", "corrected", "corrects", "correction notice",
    "correction and clarification", "corrections and clarifications", "correction appended",
    "update and correction", "editor's note and correction", "erratum",
    "berichtigung", "berichtigt", "korrektur", "korrektur-hinweis", "korrekturhinweis",
    "korrigiert", "richtigstellung", "in eigener sache - korrektur",
    "rectificatif", "correctif", "correction importante",
    "corrección", "corrige", "rectificación", "fe de errores", "fe de erratas", "errata",
    "rettifica", "correzione", "errata corrige",
    "correção", "corrigido", "rectificação", "retificação",
    "rectificatie", "correctie",
    "исправление", "исправлено", "поправка", "виправлення", "виправлено", "спростування помилки",
    "sprostowanie", "korekta", "rättelse", "rettelse", "korreksjon", "oikaisu", "korjaus",
    "düzeltme", "διόρθωση", "pembetulan", "ralat", "تصحيح", "تصويب", "תיקון",
    "訂正", "更正", "更正启事", "勘误", "정정", "정정보도", "바로잡습니다",
];

/// Labels of clarifications.
#[rustfmt::skip]
pub(crate) const CLARIFICATIONS: &[&str] = &[
    "clarification", "clarifications", "clarified", "klarstellung", "précision", "précisions",
    "aclaración", "precisazione", "precisazioni", "esclarecimento", "verduidelijking",
    "уточнение", "уточнено", "уточнення", "wyjaśnienie", "uściślenie", "förtydligande",
    "presisering", "præcisering", "tarkennus", "açıklama düzeltmesi", "توضيح", "הבהרה",
    "補足説明", "澄清", "澄清说明",
];

/// Beginnings of sentences that correct their own text if a word for a report follows closely.
#[rustfmt::skip]
pub(crate) const OWN_VERSION: &[&str] = &[
    "an earlier version of", "a previous version of", "earlier versions of", "previous versions of",
    "the original version of", "in an earlier version of", "a prior version of",
    "in einer früheren", "in einer ersten", "in einer vorherigen", "in einer älteren",
    "in der ursprünglichen", "eine frühere version", "eine frühere fassung",
    "une première version", "une version antérieure", "une version précédente",
    "dans une première version", "dans une version précédente", "dans une version antérieure",
    "en una versión anterior", "una versión anterior", "una versión previa", "en una primera versión",
    "una primera versión", "in una versione precedente", "una versione precedente",
    "in una prima versione", "una prima versione", "uma versão anterior", "numa versão anterior",
    "em uma versão anterior", "in een eerdere versie", "een eerdere versie", "in een vorige versie",
    "в предыдущей версии", "в более ранней версии", "в первоначальной версии", "в первой версии",
    "у попередній версії", "в попередній версії", "у первісній версії", "у першій версії",
    "we wcześniejszej wersji", "w poprzedniej wersji", "w pierwotnej wersji", "i en tidigare version",
    "en tidigare version", "i en tidligere version", "en tidligere version", "i en tidligere versjon",
    "en tidligere versjon", "bu haberin önceki", "haberin önceki", "في نسخة سابقة", "نسخة سابقة من",
    "この記事の以前", "以前の記事", "当初の記事", "本文早前版本", "本文此前版本", "此前版本的", "이 기사의 이전", "이전 기사",
];

/// Words for a report, or their beginnings.
#[rustfmt::skip]
pub(crate) const REPORTS: &[&str] = &[
    "article", "story", "stories", "report", "piece", "post", "headline", "caption", "chart", "graphic",
    "newsletter", "column", "interview", "obituary", "page", "artikel", "text", "beitrag", "bericht",
    "meldung", "dépêche", "texte", "artículo", "noticia", "información", "nota", "texto", "articolo",
    "notizia", "testo", "pezzo", "artigo", "reportagem", "matéria", "notícia", "stuk", "стать",
    "материал", "текст", "новост", "заметк", "статт", "матеріал", "новин", "artykuł", "tekst", "haber",
    "المقال", "الخبر", "التقرير", "المادة", "記事", "文", "报道", "기사",
];

/// Beginnings of sentences that correct their own text.
#[rustfmt::skip]
pub(crate) const OWN: &[&str] = &[
    "this article was amended", "this article has been amended", "this article has been corrected",
    "this article was corrected", "this story has been corrected", "this story was corrected",
    "this report has been corrected", "this story has been updated to correct",
    "this article has been updated to correct", "this article was updated to correct",
    "this story was updated to correct", "this version corrects", "this story corrects",
    "corrects to", "corrects spelling", "corrects paragraph", "corrects headline", "corrects first",
    "because of an editing error", "due to an editing error", "owing to an editing error",
    "we originally reported", "we incorrectly",
    "dieser artikel wurde korrigiert", "dieser text wurde korrigiert", "wir haben den fehler korrigiert",
    "wir haben diesen fehler korrigiert", "cet article a été corrigé", "cet article a été rectifié",
    "contrairement à ce que nous", "contrairement à ce qui était", "este artículo ha sido corregido",
    "esta noticia ha sido corregida", "esta información ha sido corregida",
    "questo articolo è stato corretto", "questo articolo è stato rettificato", "este texto foi corrigido",
    "esta reportagem foi corrigida", "esta matéria foi corrigida", "diferentemente do que foi",
    "dit artikel is gecorrigeerd", "в текст внесены исправления", "в материал внесены исправления",
    "в заметку внесены исправления", "у текст внесено виправлення", "у матеріал внесено виправлення",
    "تم تصحيح هذا الخبر", "تم تصحيح هذا المقال", "記事を訂正しました", "本文已更正", "본 기사는 정정",
];

/// Phrases in such sentences that mark a clarification.
#[rustfmt::skip]
pub(crate) const CLEARER: &[&str] = &[
    "to clarify", "clarifies", "klarzustellen", "klargestellt", "pour préciser", "para aclarar",
    "per precisare", "para esclarecer", "om te verduidelijken", "уточнен", "уточнён",
];
