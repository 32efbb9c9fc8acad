//! Writes a list of all packages in the binary for scanners of vulnerabilities and licences: CycloneDX 1.6 as
//! JSON (ECMA-424). The same commit gives the same bytes.

use anyhow::Context as _;
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

pub(crate) use super::packages::shipped;
use super::packages::{PRODUCT, Package};
use crate::hex::hex;

/// The document about these packages for a target. `time` is that of the commit, in seconds since 1970.
pub(crate) fn document(packages: &[Package], target: &str, time: &str) -> anyhow::Result<String> {
    let product = packages.iter().find(|it| it.name == PRODUCT).context("no package wirefold")?;
    let others = packages.iter().filter(|it| *it != product);
    let components: Vec<Value> = others.map(component).collect();
    let dependencies: Vec<Value> = packages.iter().map(dependency).collect();
    let mut subject = component(product);
    subject["type"] = json!("application");
    let time = Timestamp::from_second(time.parse()?)?;
    let mut document = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": "",
        "version": 1,
        "metadata": {
            "timestamp": time.to_string(),
            "component": subject,
            "properties": [{"name": "wirefold:target", "value": target}],
        },
        "components": components,
        "dependencies": dependencies,
    });
    // The number depends on the contents, so equal documents have equal numbers.
    document["serialNumber"] = json!(serial(&serde_json::to_vec(&document)?));
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

fn component(package: &Package) -> Value {
    let purl = purl(&package.name, &package.version);
    let scope = if package.is_in_binary { "required" } else { "excluded" };
    let mut component = json!({
        "type": "library",
        "bom-ref": purl,
        "name": package.name,
        "version": package.version,
        "scope": scope,
        // Old manifests separate alternatives by a slash.
        "licenses": [{"expression": package.licence.replace('/', " OR ")}],
        "purl": purl,
    });
    if let Some(checksum) = &package.checksum {
        component["hashes"] = json!([{"alg": "SHA-256", "content": checksum}]);
    }
    if let Some(repository) = &package.repository {
        component["externalReferences"] = json!([{"type": "vcs", "url": repository}]);
    }
    component
}

fn dependency(package: &Package) -> Value {
    let on: Vec<String> = package.builds_on.iter().map(|(name, it)| purl(name, it)).collect();
    json!({"ref": purl(&package.name, &package.version), "dependsOn": on})
}

/// The package URL. A `+` in a version would be read as a space.
fn purl(name: &str, version: &str) -> String {
    format!("pkg:cargo/{name}@{}", version.replace('+', "%2B"))
}

/// A UUID of version 8 from the contents.
fn serial(content: &[u8]) -> String {
    let mut bytes = Sha256::digest(content);
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let parts = [0..4, 4..6, 6..8, 8..10, 10..16].map(|part| hex(&bytes[part]));
    format!("urn:uuid:{}", parts.join("-"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::program_output::host;
    use crate::tree;

    fn made() -> (Vec<Package>, String) {
        let target = host().unwrap();
        let packages = shipped(&tree::root(), &target).unwrap();
        let document = document(&packages, &target, "1700000000").unwrap();
        (packages, document)
    }

    fn texts<'a>(list: &'a Value, key: &str) -> BTreeSet<&'a str> {
        let list = list.as_array().expect("it is a list");
        list.iter().map(|it| it[key].as_str().expect("it is a text")).collect()
    }

    #[test]
    fn every_package_that_ships_is_named_with_address_licence_and_checksum() {
        let (_, document) = made();
        let document: Value = serde_json::from_str(&document).unwrap();
        assert_eq!(
            (&document["bomFormat"], &document["version"]),
            (&json!("CycloneDX"), &json!(1))
        );
        assert_eq!(document["metadata"]["timestamp"], "2023-11-14T22:13:20Z");
        let components = document["components"].as_array().unwrap();
        let purls = texts(&document["components"], "purl");
        assert_eq!(purls.len(), components.len(), "no two have one address");
        // A different way than that of the document.
        let manifest = std::fs::read_to_string(tree::root().join("crates/wirefold/Cargo.toml"));
        let manifest: toml::Table = manifest.unwrap().parse().unwrap();
        let names = texts(&document["components"], "name");
        for name in manifest["dependencies"].as_table().unwrap().keys() {
            assert!(names.contains(name.as_str()), "{name}");
        }
        for component in components {
            assert!(component["purl"].as_str().unwrap().starts_with("pkg:cargo/"), "{component}");
            let licence = component["licenses"][0]["expression"].as_str().unwrap();
            assert!(!licence.is_empty() && !licence.contains('/'), "{component}");
            let is_ours = component["name"].as_str().unwrap().starts_with("wirefold");
            let sum = component["hashes"][0]["content"].as_str().map(str::len);
            assert_eq!(sum, (!is_ours).then_some(64), "{component}");
        }
    }

    #[test]
    fn dependencies_lead_to_packages_of_the_document() {
        let (packages, document) = made();
        let document: Value = serde_json::from_str(&document).unwrap();
        let mut named = texts(&document["components"], "bom-ref");
        named.insert(document["metadata"]["component"]["bom-ref"].as_str().unwrap());
        assert_eq!(texts(&document["dependencies"], "ref"), named);
        for entry in document["dependencies"].as_array().unwrap() {
            for on in entry["dependsOn"].as_array().unwrap() {
                assert!(named.contains(on.as_str().unwrap()), "{on}");
            }
        }
        let is_in_binary =
            |name: &str| packages.iter().find(|it| it.name == name).map(|it| it.is_in_binary);
        assert_eq!(is_in_binary("serde_json"), Some(true));
        assert_eq!(is_in_binary("serde_derive"), Some(false), "it runs in the compiler");
        assert_eq!(is_in_binary("proptest"), None, "only tests have it");
    }

    #[test]
    fn the_same_packages_give_the_same_bytes() {
        let (packages, first) = made();
        let (_, second) = made();
        assert_eq!(first, second);
        let other = document(&packages[1..], "another", "1700000000").unwrap();
        let serial =
            |text: &str| serde_json::from_str::<Value>(text).unwrap()["serialNumber"].clone();
        assert_ne!(serial(&first), serial(&other));
        assert_eq!(serial(&first).as_str().unwrap().len(), "urn:uuid:".len() + 36);
    }
}
