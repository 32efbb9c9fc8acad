//! Words of saying and citing, by language, in normal form (lower case, no apostrophes).

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use crate::word_set::{WordSet, word_sets};

/// The words of one language that introduce speech.
struct Speech {
    language: &'static str,
    /// Stems of verbs. Each takes every ending.
    stems: &'static str,
    endings: &'static str,
    /// Whole verbs.
    verbs: &'static str,
    /// Words before the cited person: `according to`, `selon`.
    citing: &'static str,
    pronouns: &'static str,
}

/// The words by language. The ending `-` is empty.
#[rustfmt::skip]
const SPEECH: &[Speech] = &[
    Speech { language: "en", endings: "- s ed e es ing",
        stems: "assur whisper scream retort opin mus demand pledg propos blast label accus blam prais bemoan \
            echo alleg email chid scoff mock denounc implor characteriz gush joke remark exclaim fum \
            add explain argu acknowledg recall respond warn insist complain comment contend \
            remark maintain confess assert suggest joke ask answer boast mention predict claim \
            lament caution interject counter affirm reiterat conclud conced observ stress promis",
        verbs: "said says say told tells noted notes replied replies wrote writes stated states \
            announced declared declares recalls admitted admits acknowledged claimed testified continued \
            argued argues argue added concluded concludes conceded tweeted quipped vowed vows explained \
            suggested thinks thought believes joked observed urged recounted read shouted yelled \
            reiterated promised countered pleaded posted responded agreed agrees began saying wondered \
            complained asked asks predicted called calling calls describing described branded \
            chanted reported telling adding writing fired \
            cried cries quips slammed dubbed noting testifying reads quoted texted confirmed confirms replying",
        citing: "according", pronouns: "he she they it who" },
    Speech { language: "de", endings: "t te ten en",
        stems: "sag erklär beton mein kritisier forder ergänz erzähl berichte vermute urteil \
            versicher bekräftig kündig warn mahn äusser klag beklag bemerk erwider erläuter \
            kommentier teil antworte reagier",
        verbs: "sprach spricht schrieb schreibt rief ruft findet fand versprach verspricht entgegnete \
            entgegnet antwortet antwortete berichtet berichtete gab gibt verriet wies weist vermutet \
            fragte fragt hiess räumte räumt nannte befand",
        citing: "laut zufolge nach", pronouns: "er sie" },
    Speech { language: "fr", endings: "e é ait ent",
        stems: "déclar affirm expliqu ajout assur indiqu estim soulign lanc confi racont insist \
            not observ rappel regrett précis annonc dénonc martel jug pens plaid témoign admett \
            rétorqu répliqu alarm salarm alert résum conclu commun communiqu promett avou ironis",
        verbs: "dit disait prévient prévenu répond répondu écrit souvient soutient soutenu admet \
            reconnaît reconnu promis promet conclut rétorque poursuit poursuivi interroge sinterroge \
            sindigne indigné sinquiète inquiète réjouit félicité félicite",
        citing: "selon daprès pour", pronouns: "il elle ils elles on" },
    Speech { language: "es", endings: "ó ió a e aron ieron an en aba ado",
        stems: "afirm asegur declar explic señal indic agreg inform insist cont relat coment \
            manifest denunci subray apunt recalc critic confirm record anunci adelant preguntó \
            lament zanj contest destac precis aclar enfatiz asever expres plante reiter alert acus",
        verbs: "dijo dice dijeron dicho decía añadió añade añadieron advirtió advierte advertido \
            sostuvo sostiene respondió responde prometió promete admitió admite reconoció reconoce \
            concluyó concluye recuerda cuenta escribió escribe apuesta opinó opina replicó replica \
            repitió sentenció pidió pide cree defendió defiende",
        citing: "según", pronouns: "él ella ellos ellas" },
    Speech { language: "pt", endings: "ou a aram am ava",
        stems: "afirm explic cont avis alert declar coment ressalt destac critic inform lembr \
            relat record confirm adiant observ apont anunci lament enfatiz reforç complet avali",
        verbs: "disse diz disseram dizia acrescentou acrescenta respondeu responde prometeu promete \
            admitiu admite reconheceu reconhece defendeu defende advertiu adverte escreveu escreve \
            insistiu insiste garantiu garante concluiu conclui assegurou sublinhou pediu sustentou \
            retrucou rebateu questionou",
        citing: "segundo acordo", pronouns: "ele ela eles elas" },
    Speech { language: "it", endings: "a ato ata ò ano",
        stems: "dichiar afferm spieg raccont assicur replic comment osserv sottoline attacc \
            denunci ricord annunci conferm aggiun precis ribad lament avvis auspic tuon incalz",
        verbs: "detto dice disse diceva dicono sostiene sostenuto risposto risponde ribatte ribattuto \
            promesso promette ammesso ammette avverte avvertito aggiunge aggiunto scrive scritto \
            conclude concluso riferisce riferito chiede chiesto ripete insiste ritiene prosegue \
            proseguito difende ribadisce ribadito",
        citing: "secondo", pronouns: "lui lei egli ella loro" },
    Speech { language: "nl", endings: "t de te den",
        stems: "vertel waarschuw verklaar reageer antwoord benadruk meld herhaal leg beaam \
            betoog mopper beklemtoon onderstreep",
        verbs: "zei zegt zeggen zeiden vindt vond vertelt schrijft schreef roept riep stelt stelde \
            belooft beloofde denkt dacht meent meende concludeert geeft voegt voegde vervolgt \
            vervolgde vraagt vroeg noemt",
        citing: "volgens aldus", pronouns: "hij zij ze" },
    Speech { language: "pl", endings: "ł ła li a e ją",
        stems: "powiedzia podkreśli poinformowa zapewni doda ostrzeg stwierdzi oświadczy zaznaczy \
            odpowiedzia przyzna wyjaśni napisa tłumaczy oceni zapowiedzia przekaza przypomnia \
            zauważy skomentowa mówi twierdzi uważa obieca",
        verbs: "mówi mówił mówiła twierdzi uważa odpowiada podkreśla dodaje zapewnia ostrzega przyznaje \
            wyjaśnia tłumaczy pisze ocenia zaznacza informuje apeluje apelował wspomina pyta opowiada \
            opowiadał opowiadała komentuje przekonuje alarmuje obiecuje",
        citing: "według zdaniem", pronouns: "on ona oni one" },
    Speech { language: "sv", endings: "r de ade te",
        stems: "säge berätta varna svara uppmana förklara menade påpeka konstatera hävda betona \
            kommentera tillägge kritisera lova",
        verbs: "säger sade sa skriver skrev anser ansåg menar tycker tyckte tror trodde berättar berättade \
            lovar lovade varnar varnade svarar svarade frågar undrar utbrast ropade ropar tillade \
            fortsätter konstaterar",
        citing: "enligt", pronouns: "han hon de hen" },
    Speech { language: "tr", endings: "- n",
        stems: "dedi diyen konuştu söyledi belirtti açıkladı vurguladı kaydetti uyardı bağırdı yazdı \
            ekledi savundu yanıtladı anlattı kullanan kullandı sordu",
        verbs: "dedi diyor verdi belirten söyleyen vurgulayan ifade diye açıklayan anlatan",
        citing: "göre", pronouns: "o onlar" },
    Speech { language: "ru", endings: "л ла ли",
        stems: "сказа заяви сообщи отмети добави рассказа подчеркну ответи возрази предупреди \
            пообеща объясни поясни призна уточни написа напомни прокомментирова парирова обеща \
            призва указа отреза резюмирова посетова счита говори воскликну вспомни",
        verbs: "говорит говорят считает считают заявляет сообщает отмечает добавляет рассказывает \
            подчёркивает подчеркивает отвечает возражает предупреждает объясняет поясняет признаёт \
            утверждает уверяет пишет вспоминает думает полагает подчёркнул",
        citing: "словам мнению данным", pronouns: "он она они" },
    Speech { language: "uk", endings: "в ла ли",
        stems: "сказа заяви повідоми зазначи дода розпові підкресли відпові попереди поясни визна \
            наголоси уточни написа обіця",
        verbs: "каже вважає говорить зазначає розповідає пояснює",
        citing: "словами думку даними", pronouns: "він вона вони" },
    Speech { language: "ar", endings: "- ت وا",
        stems: "قال أكد أضاف صرح أعلن أوضح ذكر حذر أشار وصف رد شدد اعتبر أكّد تابع رأى لفت \
            وقال وأكد وأضاف وصرح وأعلن وأوضح وذكر وحذر وأشار ووصف ورد وشدد واعتبر وتابع ولفت",
        verbs: "يقول تقول وتقول ويقول",
        citing: "بحسب وبحسب حسب وحسب وفقا ووفقا وفق ووفق",
        pronouns: "هو هي هم" },
];

#[derive(Default)]
struct Words {
    verbs: WordSet,
    citing: WordSet,
    pronouns: WordSet,
}

/// The words by language. The empty name has those of all languages.
static WORDS: LazyLock<FxHashMap<&str, Words>> = LazyLock::new(|| {
    let mut all: FxHashMap<&str, Words> = FxHashMap::default();
    for speech in SPEECH {
        let endings = || speech.endings.split_whitespace().map(|ending| ending.trim_matches('-'));
        let stems = speech.stems.split_whitespace();
        let verbs = stems.flat_map(|stem| endings().map(move |ending| format!("{stem}{ending}")));
        let verbs = verbs.chain(speech.verbs.split_whitespace().map(str::to_owned));
        let verbs: Vec<String> = verbs.collect();
        for language in [speech.language, ""] {
            let words = all.entry(language).or_default();
            verbs.iter().for_each(|verb| words.verbs.extend(verb));
            words.citing.extend(speech.citing);
            words.pronouns.extend(speech.pronouns);
        }
    }
    all
});

/// The words of one language.
#[derive(Clone, Copy)]
pub(super) struct Lexicon(&'static Words);

impl Lexicon {
    /// The words of `language`, or of all languages if it is not in the list.
    pub(super) fn of(language: &str) -> Self {
        static NONE: LazyLock<Words> = LazyLock::new(Words::default);
        let words = WORDS.get(language).or_else(|| WORDS.get(""));
        Self(words.unwrap_or(&NONE))
    }

    /// Whether all nouns are capitalised.
    pub(super) fn capitalises_nouns(self) -> bool {
        self.is_saying("sagte") && !self.is_saying("said")
    }

    /// Whether a word is a verb of saying.
    pub(super) fn is_saying(self, normal: &str) -> bool {
        self.0.verbs.contains(normal)
    }

    /// Whether a word introduces the cited person, who is named directly after it (in Turkish
    /// before it).
    pub(super) fn cites(self, normal: &str) -> bool {
        self.0.citing.contains(normal)
    }

    pub(super) fn is_pronoun(self, normal: &str) -> bool {
        self.0.pronouns.contains(normal)
    }
}

/// Lower-case words inside names: `Bram de Haan`.
pub(super) const PARTICLES: &[&str] = &[
    "de", "da", "do", "dos", "das", "di", "del", "della", "van", "von", "der", "den", "du", "des",
    "la", "le", "al", "bin", "ibn", "zu", "af",
];

word_sets! {
    /// Whether a word ends the phrase of a subject, or precedes somebody who is not the speaker.
    pub(super) fn is_aside = "to of in at on for from with about by that à a al ao aos à aux au aan till för vid i \
        på på der das que che że dass in im am um на в для о об что к у по с из z w do na o över att that \
        after while as when before because who whom lors après avant pendant durante bei beim zum zur mit \
        voor op over tijdens dat con por em na no à nel against auf nach nella أن إن ما في من على وهو وهي عن خلال بأن فإن هكذا \
        إنه أنه عندما بعد";

    /// Whether a word stands before the listener or the topic.
    pub(super) fn is_to = "to à a al ao aos alla aan till med with by für para для about against for on in";

    /// Whether a word opens sentences and is not a name.
    pub(super) fn is_opener = "the a an in on at for but and as if when while after he she they it we i you this \
        that his her their there according le la les un une des dans pour mais et il elle selon en au aux \
        interrogé interrogée el los las una por pero y según en de der die das ein eine im am auf bei nach \
        laut wie aber und er sie auch het een de in op volgens de en met maar ook o os as um uma no na em \
        segundo com il lo gli i un una nel nella secondo ma e con det en ett den i på enligt för men och \
        w na z po według jak to ale в на по как но и с из при за bu bir ve ama still yet its our my no not";

    /// Whether a verb describes a quotation, as in `“It costs us more,” was his only answer`. No speaker
    /// follows it.
    pub(super) fn is_copula = "was is were are has had became war ist lautet lautete est était fue es era foi è";
}
