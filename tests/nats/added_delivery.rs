//! A delivery that is added while the stages are processes of their own: the page's process stores it, the alerter's uses it.

use super::over::NatsServer;
use crate::pipeline::added_delivery::{SETTINGS, check_gets_alerts, folder};
use crate::pipeline::generated::Numbers;
use crate::pipeline::targets::Target;

#[test]
fn an_added_delivery_gets_alerts_from_another_process() {
    let folder = folder(SETTINGS);
    let server = NatsServer::start(&folder);
    let up = server.up(&folder);
    check_gets_alerts((&folder, &up), &mut Target::open(), &mut Numbers::from_seed(3));
    let listed = folder.run(&["delivery", "ls"]).code(0).out;
    assert!(listed.contains("desk") && listed.contains("webhook"), "{listed}");
    assert_eq!(up.terminate().code, Some(0));
}
