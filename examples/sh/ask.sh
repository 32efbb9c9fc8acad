#!/bin/sh
# Requests to the API of a running wirefold: sh examples/sh/ask.sh [http://127.0.0.1:8787]
set -eu
api=${1:-http://127.0.0.1:8787}/api/v1

# Writes need JSON; without it a page in your browser could push articles.
post() {
    curl --fail --silent --show-error --header 'Content-Type: application/json' --data "$2" "$api/$1"
    echo
}

echo '# how it is doing'
curl --fail --silent --show-error "$api/status"
echo

echo '# an article is pushed'
post articles '{"id": "mole-lamp", "outlet": "pilots.example", "title": "Lamp mended",
    "text": "The lamp on the outer mole burns again. Two pilots mended it on Friday night."}'

echo '# two texts are compared'
post compare '{"a": {"text": "The lamp on the outer mole burns again tonight."},
    "b": {"text": "Again tonight the lamp on the outer mole burns."}}'

echo '# the stories that changed last'
curl --fail --silent --show-error "$api/stories?limit=3"
echo
