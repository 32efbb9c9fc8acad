//! `wirefold why`: two articles, and what they are to each other.

use std::path::{Path, PathBuf};

use clap::Args;
use wirefold_gateway::shapes::{ArticleDetail, ArticleList, Comparison};

use super::words::short;
use crate::cli::{CompareArguments, CompareView, Global};
use crate::client::{Asking, Client, Need, block_on, escaped};
use crate::compare;
use crate::compare::article::Article;
use crate::exit::{Exit, Stop};
use crate::output::{self, clean};

/// Arguments of `why`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  wirefold why a-4ktq2v a-9wbn3e                   ids, or their beginnings
  wirefold why https://harbour.example/storm https://skerrow.example/boats
  wirefold why first.txt second.txt                files, as compare does

Exit codes: 0 same story, 10 same event, 11 unrelated.")]
pub(crate) struct WhyArguments {
    /// The one article: an id, the beginning of one, a link, or a text file.
    #[arg(value_name = "A")]
    first: String,
    /// The other.
    #[arg(value_name = "B")]
    second: String,
    #[command(flatten)]
    view: CompareView,
    #[command(flatten)]
    asking: Asking,
}

/// Explains what two articles are to each other.
pub(crate) fn run(arguments: &WhyArguments, global: &Global) -> anyhow::Result<Exit> {
    let is_file = |name: &str| name == "-" || Path::new(name).exists();
    match (is_file(&arguments.first), is_file(&arguments.second)) {
        (first, second) if may_be(first, &arguments.first) && may_be(second, &arguments.second) => {
            if arguments.asking.json {
                let what = "--json is for articles that were collected, by id or address; \
                            for files: wirefold fold --json";
                return Err(Stop::new(Exit::Usage, what).into());
            }
            compare::run(&CompareArguments {
                first: PathBuf::from(&arguments.first),
                second: PathBuf::from(&arguments.second),
                view: arguments.view,
            })
        }
        (false, false) => block_on(stored(arguments, global)),
        (first, _) => {
            let (file, other) = (&arguments.first, &arguments.second);
            let (file, other) = if first { (file, other) } else { (other, file) };
            let what =
                format!("{file} is a file and {other} is not: give two files, or two articles");
            Err(Stop::new(Exit::Usage, what).into())
        }
    }
}

/// Whether it is a file, or was meant to be one.
fn may_be(is_file: bool, name: &str) -> bool {
    is_file || is_path(name)
}

/// Whether this can only have been meant as a path: it has a suffix or a folder, and is no link.
fn is_path(name: &str) -> bool {
    !is_link(name) && (name.contains('/') || name.contains('.'))
}

fn is_link(name: &str) -> bool {
    name.starts_with("http://") || name.starts_with("https://")
}

async fn stored(arguments: &WhyArguments, global: &Global) -> anyhow::Result<Exit> {
    let client = Client::connect(&arguments.asking.place, Need::Data).await?;
    let one = find(&client, &arguments.first).await?;
    let other = find(&client, &arguments.second).await?;
    let (earlier, later) =
        if one.output.fetched <= other.output.fetched { (one, other) } else { (other, one) };
    let exit = if earlier.story == later.story {
        Exit::Ok
    } else if earlier.event == later.event {
        Exit::SameEvent
    } else {
        Exit::Unrelated
    };
    if arguments.asking.json {
        let (a, b) = (earlier.output.id, later.output.id);
        let found: Comparison = client.get(&format!("/api/v1/compare?a={a}&b={b}")).await?;
        output::print_json(&found)?;
        return Ok(exit);
    }
    let by_themselves = compare::show(article(&earlier)?, article(&later)?, arguments.view)?;
    let (story, event) = (short(&earlier.story.to_string()), short(&earlier.event.to_string()));
    let others = (short(&later.story.to_string()), short(&later.event.to_string()));
    let among_all = match exit {
        Exit::Ok => format!("one story, {story}"),
        Exit::SameEvent => format!("two stories, {story} and {}, of one event, {event}", others.0),
        _ => format!("two events, {event} and {}", others.1),
    };
    output::print_styled(&format!("\nAmong all articles: {among_all}.\n"))?;
    if by_themselves != exit {
        global.note(format_args!(
            "note: the exit code is what they are among all articles, where copies and stories \
             between them count too; by themselves the two would be judged as above"
        ));
    }
    Ok(exit)
}

/// The article behind an id, the beginning of one, or a link.
async fn find(client: &Client, name: &str) -> anyhow::Result<ArticleDetail> {
    let id = if is_link(name) {
        let path = format!("/api/v1/articles?url={}", escaped(name));
        let found: ArticleList = client.get(&path).await?;
        let Some(newest) = found.articles.first() else {
            let what = format!("no article with the link {name}");
            return Err(Stop::new(Exit::NotFound, what).into());
        };
        newest.id.to_string()
    } else {
        name.to_owned()
    };
    Ok(client.get(&format!("/api/v1/articles/{}", escaped(&id))).await?)
}

fn article(found: &ArticleDetail) -> anyhow::Result<Article> {
    let about = &found.output.article;
    let id = short(&found.output.id.to_string());
    let Some(text) = found.output.text.as_deref().filter(|_| !found.text_gone) else {
        let what = format!("the text of {id} is kept no longer: there is nothing to compare");
        return Err(Stop::new(Exit::NotFound, what).into());
    };
    let name = format!("{id} · {} · {}", about.outlet, about.title);
    Ok(Article::new(clean(&name), text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_only_be_a_path() {
        for path in ["a.txt", "./a", "folder/a"] {
            assert!(is_path(path), "{path}");
        }
        for other in ["4ktq2v", "https://harbour.example/a.html"] {
            assert!(!is_path(other), "{other}");
        }
    }
}
