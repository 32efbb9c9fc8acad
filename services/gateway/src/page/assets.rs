//! Style sheet, script and icon. The name of each changes with its content, so browsers may keep it for ever.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// One file.
pub(super) struct Asset {
    /// Its path, such as `/assets/page-1f2e3d4c5b6a7988.css`.
    pub path: String,
    media_type: &'static str,
    content: &'static str,
}

/// The style sheet.
pub(super) static STYLE: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("css", "text/css; charset=utf-8", include_str!("assets/page.css")));
/// The script.
pub(super) static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("js", "text/javascript; charset=utf-8", include_str!("assets/page.js"))
});
/// The icon.
pub(super) static ICON: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("svg", "image/svg+xml", include_str!("assets/icon.svg")));

/// Half a year. The name changes with the content.
const KEEP: &str = "public, max-age=15552000, immutable";

impl Asset {
    fn new(extension: &str, media_type: &'static str, content: &'static str) -> Self {
        let path = format!("/assets/page-{:016x}.{extension}", fingerprint(content.as_bytes()));
        Self { path, media_type, content }
    }
}

/// FNV-1a, 64 bits: it distinguishes releases and protects nothing.
fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// `GET /assets/{name}`.
pub(super) async fn serve(Path(name): Path<String>) -> Response {
    let wanted = |asset: &&LazyLock<Asset>| asset.path.strip_prefix("/assets/") == Some(&name);
    match [&STYLE, &SCRIPT, &ICON].into_iter().find(wanted) {
        Some(asset) => {
            let headers = [(header::CONTENT_TYPE, asset.media_type), (header::CACHE_CONTROL, KEEP)];
            (headers, asset.content).into_response()
        }
        None => (StatusCode::NOT_FOUND, "no such file: reload the page\n").into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_current_name_is_served_and_kept() {
        let name = STYLE.path.strip_prefix("/assets/").unwrap().to_owned();
        let found = serve(Path(name)).await;
        assert_eq!(found.status(), StatusCode::OK);
        assert_eq!(found.headers()[header::CACHE_CONTROL], KEEP);
        let old = serve(Path("page-0000000000000000.css".to_owned())).await;
        assert_eq!(old.status(), StatusCode::NOT_FOUND);
        assert_ne!(STYLE.path, SCRIPT.path);
    }

    #[test]
    fn nothing_is_had_from_elsewhere() {
        for asset in [&STYLE, &SCRIPT, &ICON] {
            let content = asset.content.replace("http://www.w3.org/2000/svg", "");
            for foreign in ["http://", "https://", "@import", "url(//"] {
                assert!(!content.contains(foreign), "{}: {foreign}", asset.path);
            }
        }
    }
}
