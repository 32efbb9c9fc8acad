//! Words that indicate the kind of the words beside them: titles, first names, words of
//! organisations, verbs of saying. All are in normal form, for the languages of most news.

use crate::word_set::word_sets;

word_sets! {
    /// Whether a word is a title or an office, as before the name of a person.
    pub(crate) fn is_title = "mr mrs ms miss dr prof professor president presidents vice minister premier \
        chancellor secretary senator sen rep gov governor mayor judge justice general gen colonel col \
        captain capt sergeant sgt lieutenant lt admiral adm commander cmdr maj brig brigadier corporal cpl \
        superintendent supt insp reverend rev rabbi imam archbishop councillor councilor councilman \
        councilwoman congressman congresswoman commissioner ambassador director chairman \
        chairwoman chair chief officer king queen prince princess pope bishop cardinal sheriff coach \
        spokesman spokeswoman spokesperson inspector detective analyst economist lawyer sir lord lady \
        father herr frau präsident präsidentin bundespräsident bundeskanzler bundeskanzlerin kanzler \
        kanzlerin ministerin bundesminister bundesministerin ministerpräsident innenminister \
        außenminister außenministerin finanzminister verteidigungsminister bürgermeister \
        bürgermeisterin sprecher sprecherin direktor direktorin chef chefin richter richterin \
        generalsekretär monsieur madame mme mlle président présidente ministre maire directeur \
        directrice juge señor señora don doña presidente presidenta ministro ministra alcalde \
        alcaldesa director directora juez президент министр премьер генерал президента глава \
        прем'єр міністр президентка мэр мер";

    /// Whether a word occurs in names of organisations.
    pub(crate) fn is_organisational = "ministry department bank university college institute institution \
        council union party inc corp corporation co ltd llc plc ag gmbh se association committee \
        commission court police agency group authority board federation foundation society company \
        airlines airways railway railways hospital school office bureau service services center \
        centre league club fund trust assembly parliament senate chamber workers guard force forces \
        army navy ministerium universität gericht verband gewerkschaft partei behörde amt stiftung \
        verein gesellschaft klinik polizei ministère université banque parti syndicat tribunal \
        conseil société ministerio universidad banco partido sindicato consejo министерство банк \
        университет міністерство університет times post gazette herald tribune journal";

    /// Whether a word is a verb of saying.
    pub(crate) fn is_saying = "said says say told tells added adds argued argues warned warns insisted \
        noted explained explains asked replied wrote writes stated announced declared recalled \
        admitted acknowledged conceded claimed testified continued sagte sagt erklärte erklärt \
        betonte betont meinte meint warnte warnt kritisierte forderte ergänzte schrieb teilte \
        déclaré dit affirmé expliqué ajouté assuré indiqué estimé souligné lancé confié déclare \
        affirme explique ajoute assure estime dijo dice afirmó aseguró declaró explicó señaló añadió \
        indicó advirtió agregó сказал сказала заявил заявила отметил отметила добавил сообщил \
        сказав заявив заявила зазначив зазначила додав повідомив";

    /// Whether a word is a first name that is common in news.
    pub(crate) fn is_first_name = "adam adrian ahmed alan albert alejandro alex alexander alexandra alice \
        ali alina amanda amy ana anders andrea andreas andrew angela anna anne anthony antonio barbara \
        ben benjamin bernd bob boris brian carl carla carlos carmen caroline catherine charles \
        charlotte chris christian christina christine christoph claire claudia daniel david deborah \
        dennis diana diego dmitri dmitry donald dorothy edward elena elizabeth emily emma eric erik \
        eva felix fernando florian francesca francisco frank franz gabriel george gerhard giovanni \
        giulia gregory hannah hans harry heinz helen helga henry igor ingrid irene isabel ivan jack \
        jacob jakob james jan jane javier jean jennifer jessica jim joan joe johannes john jonas \
        jonathan jorge jose joseph josé juan julia julian karen karl katharina kate kevin klaus lars \
        laura lena leo lewis linda lisa louis lucas lucia luis lukas manuel marc marco maria marie \
        mark markus marta martha martin mary matthew max michael michel miguel mike mohamed mohammed \
        monica muhammad nancy natalia nicholas nicolas nikolai nina oleg olga oliver olivier omar oscar \
        pablo patricia patrick paul pedro peter philip philippe pierre rachel rafael ralf rebecca \
        richard robert roberto roger roland rosa rosalind ruth ryan sam samuel sandra sara sarah scott \
        sebastian sergei simon sofia sophie stefan stephen steven susan svetlana tatiana thomas tim \
        tom tomas ursula valentina vera victor viktor vincent vladimir walter werner william wolfgang \
        yulia yuri yusuf анна александр алексей андрей владимир дмитрий елена иван игорь мария михаил \
        наталья николай олег ольга павел сергей татьяна юлия юрий олександр андрій володимир дмитро \
        олена іван ігор марія михайло";

    /// Whether a word is a day or a month. They are capitalised in English and are not names.
    pub(crate) fn is_calendar = "monday tuesday wednesday thursday friday saturday sunday january february \
        march april may june july august september october november december jan feb mar apr jun jul \
        aug sept sep oct nov dec christmas easter";

    /// Whether a name after this word is a place, in languages that do not capitalise nouns.
    pub(crate) fn is_placing = "in near outside off";

    /// Whether `of` after this word introduces a place: `mayor of Halden`.
    pub(crate) fn is_of_places = "mayor governor bishop archbishop king queen duke duchess earl prince princess lord sheriff \
        resident residents people voters inhabitants citizens village town city county port parish province region district \
        municipality island isle lake river council outskirts suburb north south east west coast streets \
        alcalde alcaldesa gobernador gobernadora obispo vecinos habitantes pueblo ciudad municipio ayuntamiento provincia \
        puerto prefeito prefeita governador bispo moradores cidade município maire évêque habitants ville commune préfet \
        sindaco sindaca vescovo abitanti città comune paese bürgermeister bürgermeisterin oberbürgermeister bischof \
        einwohner stadt gemeinde dorf burgemeester inwoners stad gemeente borgmästaren invånare staden borgmesteren \
        ordføreren burmistrz";

    /// Whether a word is the `of` of [`is_of_places`].
    pub(crate) fn is_of = "of de von di do da van i du della del";

    /// Whether a name after this noun is not that of a person: of waters and heights, ships, storms, houses, plans.
    pub(crate) fn is_thing = "lake loch river mount cape port isle hms uss ss mv rms ferry ship boat vessel trawler yacht \
        tanker freighter tug tugboat lifeboat cruiser destroyer frigate submarine barge schooner steamer storm hurricane \
        typhoon cyclone operation project plan hotel pub restaurant café cafe gate pier terminal ward type group route \
        flight horse dog saint st buque barco ferri río lago huracán navire bateau paquebot fleuve lac ouragan schiff fähre \
        sturm nave traghetto fiume tempesta uragano";

    /// Whether a name that ends with this word is a place. Few families have such a name.
    pub(crate) fn is_of_place = "bridge street road avenue boulevard river harbour harbor quay pier dock docks station square island \
        islands valley bay dam weir lighthouse canal castle cathedral airport market beach falls mountain mountains coast strait \
        peninsula reservoir tunnel stadium plaza terminal wharf";

    /// Whether a vessel that does this does it to a place: `the ferry left Ness`.
    pub(crate) fn is_leaving = "left leaves leaving reached reaches reaching entered enters approached approaching";

    /// Whether a name after this word and `to`, `from` or `for` is a place: `sailed for Ness`, `the ferry to Ness`.
    pub(crate) fn is_moving = "sail sails sailed sailing travel travels travelled traveled drove drive driving walked flew fly flying fled \
        sailors bound headed heading departed departing arrived ferry ferries ship boat boats train trains bus buses coach flight \
        flights road roads route way trip trips journey crossing crossings voyage service services railway line cable";

    /// Whether a name before this word is whole: `the Anna Maria has sunk`. Before a noun, a name after `the` may be a person's.
    pub(crate) fn is_after_names = "is was were are has had have will would can could may might must should did does and or but in on at \
        to from by with after before when while sank sails sailed left lost ran hit struck lay came went carries carried arrived";

    /// Whether `in` after this word introduces a person: `confidence in Mara Voss`.
    pub(crate) fn is_trusting = "confidence trust trusts trusted faith interest interested belief believe believes believed \
        invest invested involved";

    /// Whether a word may open a sentence and is not a name by itself.
    pub(crate) fn is_function_word = "a an the this that these those he she it they we you i his her their our my its \
        but and or if when while as in on at to of for from by with after before not no yes so then there here what \
        who how why der die das ein eine er sie es wir ihr und aber le la les un une des il elle ils elles et mais el \
        los las una y pero ellos ella lo gli i";

    /// Whether a word names a people, a language or a faith. They are capitalised in English and are not names.
    pub(crate) fn is_demonym = "afghan afghans african africans albanian albanians algerian algerians american americans \
        angolan arab arabic arabs argentine argentines armenian armenians asian asians australian australians austrian \
        austrians azerbaijani bahraini bangladeshi basque belarusian belarusians belgian belgians bolivian bosnian \
        bosnians brazilian brazilians british britons buddhist bulgarian bulgarians burmese cambodian cambodians \
        cameroonian canadian canadians catalan catalans catholic catholics chechen chechens chilean chinese christian \
        christians colombian colombians congolese croat croatian croats cuban cubans cypriot cypriots czech czechs \
        danish danes dutch ecuadorian egyptian egyptians emirati emiratis english eritrean estonian estonians ethiopian \
        ethiopians european europeans filipino filipinos finnish finns french georgian georgians german germans \
        ghanaian greek greeks guatemalan haitian haitians hindu hindus hungarian hungarians icelandic indian indians \
        indonesian indonesians iranian iranians iraqi iraqis irish islamic islamist islamists israeli israelis italian \
        italians jamaican japanese jewish jews jordanian jordanians kazakh kenyan kenyans korean koreans kosovar \
        kurdish kurds kuwaiti kyrgyz latvian latvians lebanese libyan libyans lithuanian lithuanians macedonian \
        malaysian malaysians mexican mexicans moldovan moldovans mongolian moroccan moroccans muslim muslims nepalese \
        nicaraguan nigerian nigerians norwegian norwegians omani pakistani pakistanis palestinian palestinians \
        panamanian paraguayan persian peruvian peruvians polish portuguese protestant protestants qatari qataris \
        romanian romanians russian russians rwandan rwandans saudi saudis scottish senegalese serb serbian serbs shia \
        shiite shiites singaporean slovak slovaks slovenian somali somalis soviet spanish sudanese sunni sunnis swedish \
        swedes swiss syrian syrians taiwanese tajik tanzanian thai tibetan tunisian tunisians turkish turks ugandan \
        ukrainian ukrainians uruguayan uyghur uyghurs uzbek venezuelan venezuelans vietnamese welsh yemeni yemenis \
        zambian zimbabwean zimbabweans";
}
