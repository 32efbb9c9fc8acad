//! The page that explains the words of the other pages.

use maud::{Markup, html};

/// The page's main part.
pub(super) fn main() -> Markup {
    html! {
        h1 { "What the words mean" }
        p.lede { "wirefold compares every article with everything seen in the window, passage by passage, and shows you which articles have the same text and which have another." }
        dl.words {
            (word("article", "Article", "One version of one item’s text at one outlet. A changed text under the same item is a new version."))
            (word("copy", "Copy", "An article with another article’s text: all of it (exact), most of it (reprint) or a part (partial)."))
            (word("story", "Story", "One text and all its copies. Copies are folded under the lead, the article that represents the story."))
            (word("event", "Event", "Stories about one happening, each in its own words. They are grouped so that you see them together; they are never folded."))
            (word("origin", "Origins", "Separately written texts in an event: “14 outlets · at most 2 origins” means that fourteen outlets ran at most two texts. It is an upper bound. It is not independent confirmation: two texts may rest on the same source, and a missed paraphrase or a translation raises the number."))
            (word("passage", "Passage", "A run of at least eight words that is in two texts, small edits allowed. On the map the same number is the same passage; a moved one crosses the others."))
            (word("quotation", "Quotation", "Speech in quotation marks in either of two texts. It never counts as copying: two reporters may well quote the same person."))
            (word("quotations", "Quotations of an event", "Each quotation with the outlets that printed it in full, shortened or reworded, and the first of them. Other words may be a misquotation, a correction or another translation."))
            (word("figures", "Figures", "Numbers of killed, injured, missing, arrested, rescued or displaced that cannot all be true. A value is contradicted if a text gives it after a newer one that rules it out. A value that came only before shows how the count grew."))
            (word("agency", "Agency", "The agency behind a text: credited (byline, dateline or credit line), mentioned (as a source), or inferred (the text shares passages with texts that name it). “Probably AP (inferred from shared passages)” is a judgement from those passages, not a statement by the outlet."))
            (word("folded", "Folded", "The share of articles that are copies of another text."))
            (word("latency", "Fetch to fold", "The median time from the moment an article is seen here to the moment its verdict is out."))
            (word("seen", "Seen and claims", "Seen is when wirefold first saw an article. If the publisher claims another time, it is shown beside it. First seen does not mean that the others copied."))
            (word("alert", "Alert", "One object for each subscription and event. It notifies when it is new and when something material changes; counts are updated silently."))
        }
        h2 #limits { "What it does not do" }
        p { "Folding works within one language: a translation counts as another text, and so as another origin. Texts with fewer than some forty words of their own are too short to be compared; only the same text or the same address folds them. Borderline cases stay apart, with their evidence: a false fold would claim that two newsrooms are one." }
    }
}

fn word(id: &str, word: &str, meaning: &str) -> Markup {
    html! { div id=(id) { dt { (word) } dd { (meaning) } } }
}
