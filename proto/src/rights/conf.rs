//! `deploy/nats.conf`: the users and their rights as the server reads them.

use std::fmt::Write as _;

use super::Rights;
use crate::streams::Role;

const HEAD: &str = r#"# The NATS server of wirefold: one user for each role, with the rights that its stage needs.
#
# Generated from the tables of the contract: `WIREFOLD_BLESS=1 cargo test -p wirefold-proto`
# rewrites it. `wirefold setup --passwords DIR` writes the passwords that it includes, and
# `wirefold check --nats URL` tries the rights of a user on a running server.
#
# On the command line -a, -p and -m change address and ports.

listen: "0.0.0.0:4222"
http: "127.0.0.1:8222"
server_name: "wirefold"

# An article of 1 MiB with its headers.
max_payload: 2MB

jetstream {
  store_dir: "/var/lib/nats"
  max_mem: 64MB
  max_file: 20GB
  # Acknowledged messages are on the disk. With the server's default they are within two minutes,
  # and a power cut loses later ones.
  sync_interval: always
}

# In a folder beside this file, written by `wirefold setup --passwords`. Without it the server does not start.
include "passwords/nats.conf"

# No rule can express two things, because patterns match whole tokens only:
# - A user who creates a consumer chooses where its messages go. So only `setup` may create consumers. All
#   others read by sequence, or use the consumers of `wirefold setup`. `wirefold run pruner` creates a
#   deleted consumer again.
# - A request to the server names the subject of the answer, and the server does not check whether the
#   user may publish there. So any user can have an answer stored in any stream. For WF_OUTPUT, give
#   detector, alerter and gateway a key (`bus.signing_key_file`): they skip unsigned records.
accounts {
  WIREFOLD {
    jetstream: enabled
    users: [
"#;

const TAIL: &str = "    ]
  }
}
";

/// The variable in the included file with a user's password.
#[must_use]
pub fn password_variable(user: Role) -> String {
    format!("WIREFOLD_{}_PASSWORD", user.as_str().to_uppercase())
}

/// The whole of `deploy/nats.conf`.
#[must_use]
pub fn document() -> String {
    let mut text = HEAD.to_owned();
    for user in Role::ALL {
        write_user(&mut text, &Rights::of(user));
    }
    text + TAIL
}

/// The line in `deploy/nats.conf` of a user's first right, or of one of its patterns; from 1.
#[must_use]
pub fn line_of(user: Role, pattern: Option<&str>) -> Option<usize> {
    let document = document();
    let mut lines = document.lines().enumerate();
    let (start, _) = lines.find(|(_, line)| line.contains(&password_variable(user)))?;
    let Some(pattern) = pattern else {
        return Some(start + 1);
    };
    let quoted = format!("\"{pattern}\"");
    let mut block = lines.take_while(|(_, line)| !line.contains("{ user: "));
    Some(block.find(|(_, line)| line.trim() == quoted)?.0 + 1)
}

fn write_user(text: &mut String, rights: &Rights) {
    let user = rights.user;
    let mut line = |line: &str| {
        // Writing to a text cannot fail.
        let _ = writeln!(text, "{line}");
    };
    line(&format!(
        "      {{ user: {user}, password: ${}, permissions: {{",
        password_variable(user)
    ));
    line("          publish: {");
    line("            allow: [");
    for right in rights.rights.iter().filter(|right| !right.publish.is_empty()) {
        line(&format!("              # {}", right.what));
        right.publish.iter().for_each(|pattern| line(&format!("              \"{pattern}\"")));
    }
    line("            ]");
    line("          }");
    line("          subscribe: [");
    rights.subscribe().for_each(|pattern| line(&format!("            \"{pattern}\"")));
    line("          ]");
    if rights.subscribe().any(|pattern| pattern.starts_with("$SRV.")) {
        line("          # One answer to each request.");
        line("          allow_responses: { max: 1, expires: \"1m\" }");
    }
    line("      } }");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_found_in_the_users_own_block() {
        let document = document();
        let line = |number: usize| document.lines().nth(number - 1).unwrap_or_default();
        for user in Role::ALL {
            let start = line_of(user, None).expect("every user stands there");
            assert!(line(start).contains(&format!("user: {user},")));
            for pattern in Rights::of(user).publish().map(str::to_owned).collect::<Vec<_>>() {
                let place = line_of(user, Some(&pattern)).expect("every right stands there");
                assert!(place > start && line(place).contains(&pattern));
            }
        }
        assert_eq!(line_of(Role::Setup, Some("wirefold.v1.article.enriched")), None);
    }
}
