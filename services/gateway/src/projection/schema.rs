//! The tables of the projection's file.

/// The version of the tables. A file of another one is put aside and rebuilt.
pub(super) const SCHEMA: i64 = 16;

/// Keys are ascending numbers: random keys would write eight times the bytes. Times are milliseconds since 1970. Long
/// columns come last. `decided` is the sequence in the output, where everything else about an article stands. `moved`
/// says that people took it out of a story. `brief` is the part that lists show, as JSON. The ids of `redirects`
/// belonged to stories and events that were merged into others.
pub(super) const TABLES: &str = "
    CREATE TABLE positions (stream TEXT PRIMARY KEY, position TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE articles (
        key INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        enriched INTEGER NOT NULL,
        decided INTEGER NOT NULL,
        story TEXT NOT NULL,
        moved INTEGER NOT NULL DEFAULT 0,
        class TEXT NOT NULL,
        seen INTEGER NOT NULL,
        folded INTEGER NOT NULL,
        outlet TEXT NOT NULL,
        item TEXT NOT NULL,
        url TEXT,
        link TEXT,
        agency_weight INTEGER NOT NULL,
        agency TEXT,
        agency_through TEXT,
        has_note INTEGER NOT NULL,
        language TEXT NOT NULL,
        brief TEXT NOT NULL
    ) STRICT;
    CREATE INDEX articles_by_story ON articles (story, seen, outlet, class);
    CREATE INDEX articles_by_url ON articles (url) WHERE url IS NOT NULL;
    CREATE TABLE article_feeds (
        feed TEXT NOT NULL,
        article INTEGER NOT NULL,
        PRIMARY KEY (feed, article)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX feeds_by_article ON article_feeds (article);
    CREATE TABLE stories (
        key INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        event TEXT NOT NULL,
        revision INTEGER NOT NULL DEFAULT 0,
        first_seen INTEGER NOT NULL,
        changed INTEGER NOT NULL,
        lead TEXT,
        quiet INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE INDEX stories_by_event ON stories (event, first_seen);
    CREATE INDEX stories_by_change ON stories (changed, id);
    CREATE TABLE events (
        key INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        revision INTEGER NOT NULL DEFAULT 0,
        origins INTEGER NOT NULL DEFAULT 0,
        first_seen INTEGER NOT NULL,
        changed INTEGER NOT NULL,
        quiet INTEGER NOT NULL DEFAULT 0,
        continues TEXT,
        stories INTEGER NOT NULL DEFAULT 0,
        articles INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE INDEX events_by_change ON events (changed, id);
    CREATE TABLE redirects (old TEXT PRIMARY KEY, new TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE commands (
        key INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        at INTEGER NOT NULL,
        body TEXT NOT NULL
    ) STRICT;
    CREATE INDEX commands_by_time ON commands (at);
    CREATE TABLE alert_revisions (
        alert TEXT NOT NULL,
        revision INTEGER NOT NULL,
        at INTEGER NOT NULL,
        volume TEXT NOT NULL,
        body TEXT NOT NULL,
        PRIMARY KEY (alert, revision)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX alert_revisions_by_time ON alert_revisions (at, volume);
    CREATE VIRTUAL TABLE words USING fts5(
        searched, content = '', contentless_delete = 1, tokenize = 'ascii'
    );
    INSERT INTO words (words, rank) VALUES ('hashsize', 4194304), ('automerge', 8);
";

/// The indexes of articles.
///
/// An index leaves out rows that another index finds, since each index entry of an article costs as much as
/// its row.
pub(super) const INDEXES: &str = "
    CREATE INDEX articles_by_seen ON articles (seen, folded, class);
    CREATE INDEX articles_by_link ON articles (link) WHERE link <> coalesce(url, '');
    CREATE INDEX articles_by_item ON articles (item) WHERE item <> coalesce(url, '');
    CREATE INDEX articles_by_agency ON articles (story, agency_weight) WHERE agency_weight > 0;
    CREATE INDEX events_of_several ON events (changed) WHERE articles > 1;
";

/// Tables that pages read instead of all articles of a story or event, so that a page costs the same however
/// many there are.
///
/// `event_articles` has the articles of all shown stories, in the order in which they were seen. It follows
/// from `stories` and `articles`. Triggers update it, since both change in many places. `story_outlets`,
/// `event_outlets`, `events.stories` and `events.articles` are counts, updated in the same way. Their keys
/// are ascending numbers.
pub(super) const OF_EVENTS: &str = "
    CREATE TABLE event_articles (
        event TEXT NOT NULL,
        seen INTEGER NOT NULL,
        enriched INTEGER NOT NULL,
        article INTEGER NOT NULL,
        story INTEGER NOT NULL,
        outlet TEXT NOT NULL,
        language TEXT NOT NULL,
        is_version INTEGER NOT NULL,
        has_note INTEGER NOT NULL,
        PRIMARY KEY (event, seen, enriched, article)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX event_articles_by_seen ON event_articles (seen, story);
    CREATE INDEX event_articles_by_article ON event_articles (article, story);
    CREATE INDEX event_articles_by_note ON event_articles (event, seen, enriched) WHERE has_note = 1;
    CREATE TABLE story_outlets (
        story INTEGER NOT NULL,
        outlet TEXT NOT NULL,
        language TEXT NOT NULL,
        articles INTEGER NOT NULL,
        versions INTEGER NOT NULL,
        PRIMARY KEY (story, outlet, language)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE event_outlets (
        event INTEGER NOT NULL,
        outlet TEXT NOT NULL,
        language TEXT NOT NULL,
        articles INTEGER NOT NULL,
        versions INTEGER NOT NULL,
        PRIMARY KEY (event, outlet, language)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE article_total (articles INTEGER NOT NULL) STRICT;
    INSERT INTO article_total SELECT count(*) FROM articles;
    CREATE VIEW articles_of_events AS
        SELECT event, seen, enriched, articles.key AS article, stories.key AS story, outlet,
            language,
            class = 'version' AND substr(articles.id, 3) <> substr(stories.id, 3) AS is_version,
            has_note,
            stories.id AS story_id
        FROM stories JOIN articles ON articles.story = stories.id;
";

/// The triggers that update the tables of [`OF_EVENTS`].
pub(super) const KEEPING: &str = "
    CREATE TRIGGER event_article_added AFTER INSERT ON event_articles BEGIN
        UPDATE events SET articles = articles + 1,
            stories = stories + NOT EXISTS (SELECT 1 FROM story_outlets WHERE story = new.story)
        WHERE id = new.event;
        INSERT INTO story_outlets VALUES (new.story, new.outlet, new.language, 1, new.is_version)
            ON CONFLICT DO UPDATE SET
                articles = articles + 1, versions = versions + excluded.versions;
        INSERT INTO event_outlets
            SELECT key, new.outlet, new.language, 1, new.is_version FROM events WHERE id = new.event
            ON CONFLICT DO UPDATE SET
                articles = articles + 1, versions = versions + excluded.versions;
    END;
    CREATE TRIGGER event_article_removed AFTER DELETE ON event_articles BEGIN
        UPDATE story_outlets SET articles = articles - 1, versions = versions - old.is_version
            WHERE story = old.story AND outlet = old.outlet AND language = old.language;
        DELETE FROM story_outlets WHERE story = old.story AND outlet = old.outlet
            AND language = old.language AND articles = 0;
        UPDATE event_outlets SET articles = articles - 1, versions = versions - old.is_version
            WHERE event = (SELECT key FROM events WHERE id = old.event)
            AND outlet = old.outlet AND language = old.language;
        DELETE FROM event_outlets WHERE event = (SELECT key FROM events WHERE id = old.event)
            AND outlet = old.outlet AND language = old.language AND articles = 0;
        UPDATE events SET articles = articles - 1,
            stories = stories - NOT EXISTS (SELECT 1 FROM story_outlets WHERE story = old.story)
        WHERE id = old.event;
    END;
    CREATE TRIGGER article_added AFTER INSERT ON articles BEGIN
        UPDATE article_total SET articles = articles + 1;
        INSERT OR IGNORE INTO event_articles
            SELECT event, new.seen, new.enriched, new.key, key, new.outlet, new.language,
                new.class = 'version' AND substr(new.id, 3) <> substr(new.story, 3), new.has_note
            FROM stories WHERE id = new.story;
    END;
    CREATE TRIGGER article_removed AFTER DELETE ON articles BEGIN
        UPDATE article_total SET articles = articles - 1;
        DELETE FROM event_articles
        WHERE event = (SELECT event FROM stories WHERE id = old.story)
            AND seen = old.seen AND enriched = old.enriched AND article = old.key;
    END;
    CREATE TRIGGER article_moved AFTER UPDATE OF story ON articles BEGIN
        DELETE FROM event_articles
        WHERE event = (SELECT event FROM stories WHERE id = old.story)
            AND seen = old.seen AND enriched = old.enriched AND article = old.key;
        INSERT OR IGNORE INTO event_articles
            SELECT event, seen, enriched, article, story, outlet, language, is_version, has_note
            FROM articles_of_events WHERE story_id = new.story AND article = new.key;
    END;
    CREATE TRIGGER story_moved AFTER UPDATE OF event ON stories WHEN old.event <> new.event BEGIN
        DELETE FROM event_articles WHERE event = old.event AND (seen, enriched, article) IN (
            SELECT seen, enriched, key FROM articles WHERE story = new.id);
        INSERT OR IGNORE INTO event_articles
            SELECT event, seen, enriched, article, story, outlet, language, is_version, has_note
            FROM articles_of_events WHERE story_id = new.id;
    END;
";

/// Tables for the numbers of alerts, however many there are.
///
/// Each alert has the times when it last notified and was last held back. `alert_totals` has the sums. An alert that was
/// merged before anybody was told of it is part of the other one, and is not shown. Nor is one without articles, because
/// people took all of them out.
pub(super) const OF_ALERTS: &str = "
    CREATE TABLE alerts (
        key INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        subscription TEXT NOT NULL,
        target TEXT NOT NULL,
        revision INTEGER NOT NULL,
        at INTEGER NOT NULL,
        copies INTEGER NOT NULL,
        notified_at INTEGER,
        held_at INTEGER,
        is_shown INTEGER NOT NULL GENERATED ALWAYS AS (
            json_extract(body, '$.articles[0]') IS NOT NULL
            AND (notified_at IS NOT NULL OR json_extract(body, '$.merged_into') IS NULL)) STORED,
        body TEXT NOT NULL
    ) STRICT;
    CREATE INDEX alerts_by_time ON alerts (at, id);
    CREATE INDEX alerts_by_subscription ON alerts (subscription, at, id);
    CREATE INDEX alerts_by_notice ON alerts (notified_at) WHERE notified_at IS NOT NULL;
    CREATE INDEX alerts_by_target ON alerts (target, subscription);
    CREATE INDEX alerts_by_hold ON alerts (held_at) WHERE held_at IS NOT NULL;
    CREATE TABLE alert_totals (
        subscription TEXT PRIMARY KEY,
        alerts INTEGER NOT NULL,
        copies INTEGER NOT NULL,
        notified INTEGER NOT NULL,
        held INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TRIGGER alert_added AFTER INSERT ON alerts BEGIN
        INSERT INTO alert_totals (subscription, alerts, copies, notified, held)
        VALUES (new.subscription, 1, new.copies, new.notified_at IS NOT NULL,
            new.notified_at IS NULL AND new.held_at IS NOT NULL)
        ON CONFLICT (subscription) DO UPDATE SET
            alerts = alerts + 1,
            copies = copies + excluded.copies,
            notified = notified + excluded.notified,
            held = held + excluded.held;
    END;
    CREATE TRIGGER alert_changed AFTER UPDATE OF copies, notified_at, held_at ON alerts BEGIN
        UPDATE alert_totals SET
            copies = copies + new.copies - old.copies,
            notified = notified + (new.notified_at IS NOT NULL) - (old.notified_at IS NOT NULL),
            held = held + (new.notified_at IS NULL AND new.held_at IS NOT NULL)
                - (old.notified_at IS NULL AND old.held_at IS NOT NULL)
        WHERE subscription = new.subscription;
    END;
    CREATE TRIGGER alert_removed AFTER DELETE ON alerts BEGIN
        UPDATE alert_totals SET
            alerts = alerts - 1,
            copies = copies - old.copies,
            notified = notified - (old.notified_at IS NOT NULL),
            held = held - (old.notified_at IS NULL AND old.held_at IS NOT NULL)
        WHERE subscription = old.subscription;
    END;
";
