//! `wirefold why`: the relation of two articles.

use std::path::Path;

use clap::Args;
use wirefold_gateway::shapes::{ArticleDetail, ArticleList, CompareRequest, Comparison, Relation};

use super::words::short;
use crate::client::{Client, ClientOptions, block_on, escaped};
use crate::compare::{self, exit_of, given};
use crate::exit::{Exit, stop};
use crate::global::Global;
use crate::input::{FeedSite, Input};
use crate::output::{self, clean};

/// Arguments of `why`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  wirefold why a-4ktq2v a-9wbn3e                   ids, or their beginnings
  wirefold why https://harbour.example/storm https://skerrow.example/boats
  wirefold why first.txt second.txt                files, by themselves
  wirefold why a-4ktq2v draft.txt                  a stored article and a file

Passages are shown side by side in the width of the terminal: green words are in both texts, [red] ones
in one of them. --json gives the same as data, with the changes of each sentence. Stored articles are
judged among all others, files by themselves. The first is A, and counts as the earlier text.
A file with one JSON line may also name title, outlet, url and published.

The reasons are a sum: each sign adds to the logit of the probability p that both are one text, the largest
first. From p = .5 on, two texts alone are one story. Below that, what they have in common as reports of one
happening adds up to a similarity; from .14 on, two texts alone are one event.

Exit codes: 0 same story, 10 same event, 11 unrelated.")]
pub(crate) struct WhyArguments {
    /// The first article: an id, the beginning of one, a link, or a text file.
    #[arg(value_name = "A")]
    first: String,
    /// The other article.
    #[arg(value_name = "B")]
    second: String,
    /// Show passages in full.
    #[arg(long)]
    full: bool,
    #[command(flatten)]
    options: ClientOptions,
}

/// Explains the relation of two articles.
pub(crate) fn run(arguments: &WhyArguments, global: &Global) -> anyhow::Result<Exit> {
    let WhyArguments { first, second, full, options } = arguments;
    match (is_file(first), is_file(second)) {
        (true, true) => {
            let (earlier, later) = compare::read(Path::new(first), Path::new(second))?;
            if !options.json {
                return compare::show(&earlier, &later, *full);
            }
            // In the form of two stored articles, but stored data is not used.
            block_on(async {
                let client = Client::temporary(&options.instance).await?;
                print_given(&client, &earlier, &later).await
            })
        }
        (false, false) => block_on(stored(arguments, global)),
        (first_is_file, _) => block_on(mixed(arguments, first_is_file)),
    }
}

/// Whether it is a file, or can only mean one: it has a suffix or a folder, and is not a link.
fn is_file(name: &str) -> bool {
    let is_path = !is_link(name) && (name.contains('/') || name.contains('.'));
    name == "-" || Path::new(name).exists() || is_path
}

fn is_link(name: &str) -> bool {
    name.starts_with("http://") || name.starts_with("https://")
}

/// Prints the comparison of two texts alone as JSON.
async fn print_given(client: &Client, first: &Input, second: &Input) -> anyhow::Result<Exit> {
    let request = CompareRequest { a: given(first), b: given(second) };
    let found: Comparison = client.post("/api/v1/compare", &request).await?;
    output::print_json(&found)?;
    Ok(exit_of(found.relation))
}

/// Compares a file and a stored article, without other articles. The first argument is A.
async fn mixed(arguments: &WhyArguments, first_is_file: bool) -> anyhow::Result<Exit> {
    let (file, name) = match first_is_file {
        true => (&arguments.first, &arguments.second),
        false => (&arguments.second, &arguments.first),
    };
    let in_file = compare::read_one(Path::new(file))?;
    let client = arguments.options.client().await?;
    let stored_article = article(&find(&client, name).await?)?;
    let (first, second) =
        if first_is_file { (in_file, stored_article) } else { (stored_article, in_file) };
    if arguments.options.json {
        return print_given(&client, &first, &second).await;
    }
    compare::show(&first, &second, arguments.full)
}

/// Compares two stored articles. The first argument is A.
async fn stored(arguments: &WhyArguments, global: &Global) -> anyhow::Result<Exit> {
    let client = arguments.options.client().await?;
    let first = find(&client, &arguments.first).await?;
    let second = find(&client, &arguments.second).await?;
    let relation = Relation::of(first.story == second.story, first.event == second.event);
    let exit = exit_of(relation);
    let path = format!("/api/v1/compare?a={}&b={}", first.output.id, second.output.id);
    if arguments.options.json {
        output::print_json(&client.get::<Comparison>(&path).await?)?;
        return Ok(exit);
    }
    let (earlier, later) = (article(&first)?, article(&second)?);
    let by_themselves = compare::show(&earlier, &later, arguments.full)?;
    let (story, event) = (short(first.story), short(first.event));
    let others = (short(second.story), short(second.event));
    let among_all = match exit {
        Exit::Ok => format!("one story, {story}"),
        Exit::SameEvent => format!("two stories, {story} and {}, of one event, {event}", others.0),
        _ => format!("two events, {event} and {}", others.1),
    };
    output::print_styled(&format!("\nAmong all articles: {among_all}.\n"))?;
    if second.output.input.enriched < first.output.input.enriched {
        global.note("note: B came in first, and is shown as the later text, as requested");
    }
    if by_themselves != exit {
        global.note("note: the exit code gives their relation among all articles, with copies and stories between them; above, the two are judged alone");
    }
    Ok(exit)
}

/// The article with this id, beginning of an id, or link.
async fn find(client: &Client, name: &str) -> anyhow::Result<ArticleDetail> {
    let id = id_of(client, name).await?;
    let found = client.get(&format!("/api/v1/articles/{}", escaped(&id))).await;
    found.map_err(|error| error.see(LIST))
}

/// The id for a link, the newest version first. Anything else is returned unchanged.
pub(super) async fn id_of(client: &Client, name: &str) -> anyhow::Result<String> {
    if is_link(name) {
        let path = format!("/api/v1/articles?url={}", escaped(name));
        let found = client.get::<ArticleList>(&path).await.map_err(|error| error.see(LIST))?;
        let Some(newest) = found.articles.first() else {
            stop!(NotFound, "no article with the link {name}: see `{LIST}`");
        };
        return Ok(newest.id.to_string());
    }
    Ok(name.to_owned())
}

/// The command that lists ids: a story shows those of its articles.
pub(super) const LIST: &str = "wirefold story ls";

/// The input of the detector for a stored article, under the name by which it is shown.
fn article(found: &ArticleDetail) -> anyhow::Result<Input> {
    let (output, about) = (&found.output, &found.output.article);
    let id = short(output.id);
    let Some(text) = output.text.as_deref().filter(|_| !found.text_gone) else {
        stop!(NotFound, "the text of {id} has expired: there is nothing to compare");
    };
    let site = about.via.as_ref().map(ToString::to_string);
    Ok(Input {
        id: clean(&format!("{id} · {} · {}", about.outlet_label(), about.title)),
        text: text.to_owned(),
        title: about.title.clone(),
        author: about.authors.join(", "),
        outlet: about.site().map(str::to_owned),
        published: about.plausible_time().map(|time| time.as_second()),
        seen: Some(about.seen.as_second()),
        items: about.item_names(output.id),
        page: about.page().map(str::to_owned),
        feed: site.map(|site| FeedSite { via: Some(site.clone()), site }),
        ..Input::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_recognised() {
        for path in ["a.txt", "./a", "folder/a", "-"] {
            assert!(is_file(path), "{path}");
        }
        for other in ["4ktq2v", "https://harbour.example/a.html"] {
            assert!(!is_file(other), "{other}");
        }
    }
}
