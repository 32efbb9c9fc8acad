//! Recognises pages that stand before the one that was requested, with any status: a test for browsers, a request for consent, a
//! login, a page that only scripts fill, an advertisement for an app, a queue.
//!
//! Their words never become those of an article. Articles have prose of their own, whatever boxes stand around it; such a page
//! has none.

use serde::{Deserialize, Serialize};
use wirefold_feed::html;
use wirefold_text::Text;

/// The kind of such a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Interstitial {
    /// A test that only browsers pass.
    Challenge,
    /// A request to agree to cookies.
    Consent,
    /// A login.
    Login,
    /// A page that is empty without scripts.
    Script,
    /// A page that leads to an app.
    App,
    /// A queue, or a page for other regions or readers with an ad blocker.
    Closed,
}

impl Interstitial {
    /// A description with advice, for people.
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            Self::Challenge => "a page that allows only browsers; ask its publisher",
            Self::Consent => {
                "a page that asks to agree to cookies; give it the cookie of a browser that agreed, with [[access]]"
            }
            Self::Login => "a page that requires a login; give it one with [[access]]",
            Self::Script => "a page that is empty without JavaScript",
            Self::App => "a page that leads to an app",
            Self::Closed => {
                "a page that is closed to this region, to ad blockers or for a while; ask its publisher"
            }
        }
    }
}

/// Larger pages are none of these.
const LARGEST: usize = 1024 * 1024;
/// A line with fewer words is no prose: an entry of a menu, a heading, a button.
const PROSE_LINE: usize = 8;
/// From this many words of prose that speak of nothing else, a page is an article, or at least not one of these.
const PROSE: usize = 60;
/// The same for a page whose title or headings are those of a challenge.
const EXPLANATION: usize = 150;
/// The same for kinds whose signs many pages have.
const LITTLE_PROSE: usize = 25;
/// From this many words in short lines, it is the front page of a site.
const MANY_LINES: usize = 200;
/// The fewest words of a paragraph of a marked article, and the fewest such paragraphs. One is enough if walls do not say it.
const PARAGRAPH: usize = 12;
const PARAGRAPHS: usize = 2;
/// A page with fewer words is empty.
const EMPTY: usize = 10;
/// How many words of consent show by themselves, and how many if there is a button too, that a page asks for it.
const SURE_OF_CONSENT: usize = 4;
const MAYBE_CONSENT: usize = 2;

/// Texts and markup that only tests for browsers have, in lower case.
#[rustfmt::skip]
const CHALLENGES: &[&str] = &[
    "just a moment...", "cf-challenge", "cf_chl", "challenge-platform", "/_incapsula_resource", "px-captcha", "ddos-guard",
    "ddos protection by", "datadome", "captcha-delivery", "awswaf", "sec-if-cpt", "complete the captcha", "complete the security check", "solve the captcha",
    "enter the captcha", "enable javascript and cookies", "verify you are", "verify that you are", "verifying you are",
    "verifying that you are", "you are human", "you are a human", "you're human", "are you a robot", "not a robot", "not a bot",
    "checking your browser", "checking if the site connection", "verifying your browser", "verify your browser",
    "checking the security of", "security of your connection", "check of your browser", "traffic from your", "activity from your",
    "pardon our interruption", "automation tools", "security service to protect itself", "permission to access", "kein roboter", "ein mensch sind", "ihr browser wird überprüft", "pas un robot", "êtes humain",
    "vérification de votre navigateur", "no soy un robot", "no eres un robot", "no es un robot", "eres humano", "es humano",
    "verificando su navegador", "verificando tu navegador", "non sono un robot", "non sei un robot", "não sou um robô",
    "não é um robô", "geen robot", "inte en robot", "är en människa", "din webbläsare kontrolleras", "nie jestem robotem",
    "nie jesteś robotem", "jesteś człowiekiem", "sprawdzamy twoją przeglądarkę", "nejsem robot", "не робот", "проверка браузера",
    "проверяем ваш браузер", "安全验证", "安全检查", "人机验证", "完成验证", "不是机器人", "您是真人", "检查您的浏览器", "ロボットではありません",
    "로봇이 아닙니다", "لست روبوت",
];
/// Controls of such tests, which forms of usual pages have too, in lower case.
const WIDGETS: &[&str] =
    &["cf-turnstile", "g-recaptcha", "h-captcha", "hcaptcha", "friendlycaptcha"];
/// Titles and headings of such tests. In a sentence, these words may be those of an article. In lower case.
#[rustfmt::skip]
const HEADINGS: &[&str] = &[
    "access denied", "has been denied", "been blocked", "attention required!", "security check", "browser check", "bot protection",
    "unusual traffic", "unusual activity", "automated access", "automated requests", "are you human",
];
/// Parts of words about consent, in lower case.
#[rustfmt::skip]
const CONSENT: &[&str] = &[
    "cookie", "consent", "our partners", "privacy", "personal data", "personalised ad", "personalized ad", "legitimate interest",
    "gdpr", "einwillig", "zustimm", "datenschutz", "unsere partner", "personenbezogen", "consentement", "nos partenaires",
    "données personnelles", "confidentialité", "consentimiento", "nuestros socios", "datos personales", "privacidad", "consenso",
    "nostri partner", "dati personali", "toestemming", "onze partners", "persoonsgegevens", "consentimento", "parceiros",
    "dados pessoais", "zgod", "partnerzy", "danych osobowych", "samtyck", "samtykke", "partnere", "personuppgift", "evästei",
    "suostumus", "souhlas", "süti", "соглас", "персональн", "файлы cookie", "çerez", "クッキー", "个人信息", "個人資料", "쿠키",
];
/// Words on buttons that agree to something, in lower case.
#[rustfmt::skip]
pub(crate) const AGREEMENTS: &[&str] = &[
    "accept", "agree", "allow all", "akzeptieren", "zustimmen", "einverstanden", "aceptar", "acepto", "accetta", "aceitar", "aceito",
    "akkoord", "godta", "godkänn", "hyväksy", "akceptuj", "zgadzam", "souhlas", "přijmout", "elfogad", "принять", "прийняти", "согласен",
    "kabul", "同意", "接受", "동의", "قبول",
];
/// Markup and texts of logins, in lower case.
#[rustfmt::skip]
const LOGINS: &[&str] = &[
    "type=\"password\"", "type='password'", "type=password", "log in to continue", "login to continue", "sign in to continue", "please log in",
    "please sign in", "log in to read", "sign in to read", "register to read", "register to continue", "subscribe to read",
    "subscribe to continue", "create a free account", "must be logged in", "you need to log in", "bitte melden sie sich an", "bitte loggen", "connectez-vous pour",
    "veuillez vous connecter", "inicia sesión para", "inicie sesión para", "accedi per", "faça login para", "log in om",
    "zaloguj się, aby", "войдите, чтобы",
];
/// The language that a page without scripts asks for, in lower case.
const SCRIPTS: &[&str] = &["javascript", "자바스크립트", "enable js"];
/// Texts that lead to an app, in lower case.
#[rustfmt::skip]
const APPS: &[&str] = &[
    "open in app", "open in the app", "open the app", "open app", "continue in app", "continue in the app", "view in app", "download the app",
    "download our app", "get the app", "get our app", "read in the app", "in der app öffnen", "app öffnen", "zur app", "app herunterladen",
    "ouvrir dans l'app", "télécharger l'app", "téléchargez l'app", "abrir en la app", "descarga la app", "apri nell'app", "scarica l'app",
    "abrir no app", "baixe o app", "open in de app", "otwórz w aplikacji", "открыть в приложении", "在app中打开", "打开app", "アプリで開く", "앱에서 열기",
];
/// Words in titles and headings of queues and of pages for other regions or readers, in lower case.
#[rustfmt::skip]
const CLOSED: &[&str] = &[
    "waiting room", "in the queue", "in line", "your region", "your country", "your location", "legal reasons", "ad blocker", "adblock",
    "warteraum", "warteschlange", "ihrer region", "ihrem land", "deinem land", "werbeblocker", "salle d'attente", "file d'attente", "votre région",
    "votre pays", "bloqueur de pub", "sala de espera", "su región", "su país", "tu región", "tu país", "bloqueador de", "tuo paese",
    "sala d'attesa", "wachtrij", "uw land", "twoim kraju", "poczekalni", "вашем регионе", "вашей стране", "您所在的", "お住まいの地域",
];
/// Addresses of shops for apps.
const SHOPS: &[&str] =
    &["//apps.apple.com/", "//itunes.apple.com/", "//play.google.com/store/apps"];

/// The words of the visible text of a page.
#[derive(Debug, Default)]
struct Words {
    /// In lines of prose that speak of none of these kinds.
    prose: usize,
    /// In short lines.
    short: usize,
    all: usize,
}

impl Words {
    fn of(text: &str) -> Self {
        let mut words = Self::default();
        for line in text.lines() {
            let count = count(line);
            words.all += count;
            if count < PROSE_LINE {
                words.short += count;
            } else if !is_of_a_wall(line) {
                words.prose += count;
            }
            if words.prose >= EXPLANATION {
                break;
            }
        }
        words
    }
}

/// The number of words. A character of a script without spaces is about three fifths of one.
fn count(line: &str) -> usize {
    let text = Text::new(line);
    let alone = text.words().iter().filter(|word| word.alone).count();
    text.words().len() - alone * 2 / 5
}

fn has_any(text: &str, signs: &[&str]) -> bool {
    signs.iter().any(|sign| text.contains(sign))
}

/// Metadata of articles, in lower case.
const METADATA: &[&str] =
    &["article:published_time", "newsarticle", "content=\"article\"", "content='article'"];

/// The markup inside the elements of a name, from the rest of their start tag on.
fn inside<'a>(markup: &'a str, name: &str) -> Vec<&'a str> {
    let (start, end) = (format!("<{name}"), format!("</{name}"));
    let rests = markup.split(&start).skip(1);
    rests.map(|rest| rest.split_once(&end).map_or(rest, |(inside, _)| inside)).collect()
}

/// Whether a page marks an article and has paragraphs. An article may be about cookies or robots. Metadata alone may be those
/// of an article that a wall hides, so that a paragraph must be about something else.
fn has_article(markup: &str, text: &str) -> bool {
    let element = inside(markup, "article").into_iter().find(|article| article.contains("<h1"));
    let element = element.map(|article| html::to_text(&format!("<div{article}")));
    let is_paragraph = |line: &&str| count(line) >= PARAGRAPH;
    let has_own = |of: &str| of.lines().filter(is_paragraph).any(|line| !is_of_a_wall(line));
    let is_article = |marked: String| {
        has_own(&marked) || marked.lines().filter(is_paragraph).count() >= PARAGRAPHS
    };
    element.is_some_and(is_article) || (has_any(markup, METADATA) && has_own(text))
}

/// Whether walls say this.
fn is_of_a_wall(line: &str) -> bool {
    [CHALLENGES, CONSENT, LOGINS, SCRIPTS, APPS].iter().any(|signs| has_any(line, signs))
}

/// The kind of a page of HTML. `None` if it is a usual page.
pub(crate) fn recognise(page: &str) -> Option<Interstitial> {
    if page.len() > LARGEST {
        return None;
    }
    let markup = page.to_lowercase();
    let text = html::to_text(&markup);
    let words = Words::of(&text);
    let is_headed = |signs: &[&str]| {
        let mut lines = text.lines().chain(inside(&markup, "title"));
        lines.any(|line| count(line) < PROSE_LINE && has_any(line, signs))
    };
    // Usual pages are long: their lines are not read.
    let is_long = words.prose >= EXPLANATION || words.short >= MANY_LINES;
    if is_long || words.prose >= PROSE && !is_headed(CHALLENGES) || has_article(&markup, &text) {
        return None;
    }
    let consent = CONSENT.iter().filter(|sign| text.contains(**sign)).count();
    let asks_for_consent =
        consent >= SURE_OF_CONSENT || (consent >= MAYBE_CONSENT && has_any(&markup, AGREEMENTS));
    let is_short = words.prose < LITTLE_PROSE;
    let is_bare = words.prose == 0;
    let asks_for_scripts = || {
        has_any(&text, SCRIPTS) || inside(&markup, "noscript").iter().any(|it| has_any(it, SCRIPTS))
    };
    let leads_to_shop = || {
        let is_app = |word: &str| word == "app";
        let mut headings = inside(&markup, "h1").into_iter();
        has_any(&markup, SHOPS)
            && headings.any(|it| it.split(|c: char| !c.is_alphanumeric()).any(is_app))
    };
    match () {
        () if has_any(&markup, CHALLENGES) => Some(Interstitial::Challenge),
        () if is_bare && (has_any(&markup, WIDGETS) || is_headed(HEADINGS)) => {
            Some(Interstitial::Challenge)
        }
        () if asks_for_consent && is_short => Some(Interstitial::Consent),
        () if has_any(&markup, LOGINS) && is_short => Some(Interstitial::Login),
        () if is_bare && words.all < PROSE && asks_for_scripts() => Some(Interstitial::Script),
        () if has_any(&text, APPS) && is_bare => Some(Interstitial::App),
        () if is_short && leads_to_shop() => Some(Interstitial::App),
        () if is_short && is_headed(CLOSED) => Some(Interstitial::Closed),
        () if words.all < EMPTY && markup.contains("<script") => Some(Interstitial::Script),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page with these contents.
    fn check(contents: &str, expected: Option<Interstitial>) {
        let page = format!(
            "<!doctype html><html><head><title>Log</title></head><body>{contents}</body></html>"
        );
        assert_eq!(recognise(&page), expected, "{contents}");
    }

    #[test]
    fn recognises_pages_that_stand_before_another() {
        use Interstitial::{App, Challenge, Consent, Login, Script};
        check("<script src=/cdn-cgi/challenge-platform/x></script>", Some(Challenge));
        check(
            "<h1>harbour.example</h1><h2>Checking if the site connection is secure</h2><p>This site has to review the \
             security of your connection before it goes on, which takes some seconds.</p>",
            Some(Challenge),
        );
        check("<p>Bitte bestätigen Sie, dass Sie kein Roboter sind.</p>", Some(Challenge));
        check(
            "<h1>Access denied</h1><p>Your request was blocked. Reference 7.</p>",
            Some(Challenge),
        );
        let consent = "<h1>Before you go on</h1><p>We and our partners store information on your device, such as \
             cookies, and process personal data for ads that suit you.</p><p>You may withdraw your consent at any time in \
             the settings of privacy.</p>";
        check(&format!("{consent}<button>Accept all</button>"), Some(Consent));
        check(
            "<p>Wir und unsere Partner verwenden Cookies und verarbeiten personenbezogene Daten, damit Anzeigen zu Ihnen \
             passen.</p><p>Ihre Einwilligung ist freiwillig.</p><button>Akzeptieren</button>",
            Some(Consent),
        );
        check("<form><input name=p type=\"Password\"></form>", Some(Login));
        check("<h1>Members</h1><p>Please sign in to read this page.</p>", Some(Login));
        check(
            "<div id=root></div><noscript>You need to enable JavaScript.</noscript>",
            Some(Script),
        );
        check("<nav><a>Home</a></nav><div id=root></div><script src=/a.js></script>", Some(Script));
        for shell in [
            "Ta strona wymaga obsługi JavaScript. Włącz ją w swojej przeglądarce i odśwież stronę.",
            "Den här sidan behöver JavaScript. Slå på det i din webbläsare och ladda om sidan.",
            "Para ver este sitio hace falta JavaScript. Actívelo en su navegador y recargue la página.",
            "您需要启用 JavaScript 才能运行此应用程序。",
        ] {
            check(&format!("<div id=app><p>{shell}</p></div>"), Some(Script));
            check(&format!("<div id=app></div><noscript>{shell}</noscript>"), Some(Script));
        }
        for test in [
            "Potwierdź, że jesteś człowiekiem.",
            "Bekräfta att du är en människa.",
            "Confirme que es humano para continuar.",
            "请完成验证后继续访问本站。",
        ] {
            check(&format!("<p>{test}</p>"), Some(Challenge));
        }
        check(
            "<h1>Access to this page has been denied</h1><div class=g-recaptcha></div>",
            Some(Challenge),
        );
        check(
            "<p>Open in app</p><p>Continue in the app to read on, it is free and fast.</p>",
            Some(App),
        );
        check(
            "<h1>Read on in our harbour app</h1><p>It is quicker there, works without a net at sea and costs you \
             nothing at all.</p><a href='https://apps.apple.com/app/x'><img alt=''></a>",
            Some(App),
        );
        check(
            "<p>Please complete the security check below, so that we know who wants to read it.</p><div \
             class=cf-turnstile></div>",
            Some(Challenge),
        );
        let why = "<p>Programs that collect texts ask this server for the same pages ten thousand times a night, so that it \
             is slow or out of reach for the people of the harbour, who pay for it.</p>";
        check(&format!("<h1>Making sure you're not a bot!</h1>{}", why.repeat(3)), Some(Challenge));
        for closed in [
            "<h1>You are now in line</h1><p>When it is your turn, you have ten minutes to enter.</p>",
            "<h2>Werbeblocker erkannt</h2><p>Bitte ausschalten, denn Werbung bezahlt unsere Arbeit hier.</p>",
            "<h1>Contenido no disponible en su país</h1>",
        ] {
            check(closed, Some(Interstitial::Closed));
        }
        check(
            "<h1>Read on</h1><p>Create a free account or log in to read this article. It takes a minute.</p>",
            Some(Login),
        );
    }

    #[test]
    fn articles_are_none_whatever_stands_around_them() {
        let article = "<p>The ferry to Ness left four hours late on Thursday, after fog had closed the harbour since dawn and \
             two pilots had refused to board.</p><p>Nobody sails blind, said the harbour master, who had the siren sounded \
             every two minutes until the lighthouse came into sight again.</p><p>A second ferry was kept at the pier for the \
             night, and its passengers slept in the hall.</p>";
        check(article, None);
        check(
            &format!("{article}<div class=g-recaptcha></div><form><input type=password></form>"),
            None,
        );
        check(
            &format!(
                "{article}<div><p>We and our partners use cookies.</p><button>Accept</button></div>"
            ),
            None,
        );
        check(
            &format!("{article}<noscript>Please enable JavaScript</noscript><p>Get the app</p>"),
            None,
        );
        let brief = "<p>In just a moment the ferry leaves, the harbour said.</p>";
        check(brief, None);
        check(
            &format!("{brief}<noscript>Please enable JavaScript</noscript><p>Open in app</p>"),
            None,
        );
        let about_robots = "<article class=x><h1>Robots at the ferry</h1><p>Passengers were asked to verify that you are \
             human by a machine at the pier on Friday, and many of them were not.</p><p>The harbour said that a security \
             check of your browser is needed before a ticket can be sold to anybody.</p></article>";
        check(about_robots, None);
        check(&about_robots.replace("article", "div"), Some(Interstitial::Challenge));
        for other in [
            "<p>The appeal of two skippers against the closing of the north quay has been denied by the court.</p>",
            "<p>The port adds a second security check for foot passengers to Ness from Friday on.</p>",
            "<p>Police saw unusual activity at the pier in the night and closed it until the morning.</p>",
        ] {
            check(other, None);
            check(&format!("{other}<form class=g-recaptcha></form>"), None);
        }
        let consent =
            "<p>We and our partners use cookies and process personal data with your consent.</p>"
                .repeat(2);
        let login = "<p>Please sign in to read on.</p><form><input type=password></form>";
        let data = "<meta property=\"og:type\" content=\"article\">";
        let lede = "<p>A bakery in Ness gave a third of its income of Friday to the lifeboat.</p>";
        check(&format!("{data}{consent}<button>Accept</button>"), Some(Interstitial::Consent));
        check(&format!("{data}{lede}{login}"), None);
        check(&format!("{lede}{login}"), Some(Interstitial::Login));
        let front =
            format!("<form><input type=password></form>{}", "<p>Ferry late again</p>".repeat(80));
        check(&front, None);
        check(
            "<h1>Hundreds wait in line at Ness</h1><p>Hundreds of people stood at the pier on Sunday because only one of \
             two ships sailed, the harbour master said in the evening, and some went home.</p>",
            None,
        );
        check("", None);
    }
}
