//! The two layers on Linux: seccomp and Landlock.

use std::collections::BTreeMap;

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, LandlockStatus, Ruleset, RulesetAttr as _,
    RulesetStatus, Scope,
};
use libc::c_long;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, apply_filter_all_threads,
};

/// The newest Landlock version that we use. An older kernel denies what it can.
const LANDLOCK: ABI = ABI::V6;

/// System calls that are allowed with any arguments: memory, threads, time, random numbers, and reading
/// and writing open files, which are the pipes to the parent.
const ALLOWED: [c_long; 31] = [
    libc::SYS_brk,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    // The other filter handles it.
    libc::SYS_clone3,
    libc::SYS_close,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_futex,
    libc::SYS_getpid,
    libc::SYS_getrandom,
    libc::SYS_gettid,
    libc::SYS_gettimeofday,
    libc::SYS_madvise,
    libc::SYS_mremap,
    libc::SYS_munmap,
    libc::SYS_nanosleep,
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_restart_syscall,
    libc::SYS_rseq,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sched_getaffinity,
    libc::SYS_sched_yield,
    libc::SYS_set_robust_list,
    libc::SYS_set_tid_address,
    libc::SYS_sigaltstack,
    libc::SYS_uname,
    libc::SYS_write,
    libc::SYS_writev,
];

/// Denies all files, ports, and signals to other processes, by Landlock. This applies to this thread and
/// those that it starts.
pub(super) fn deny_files() -> Result<(), String> {
    let status = Ruleset::default()
        .handle_access(AccessFs::from_all(LANDLOCK))
        .and_then(|rules| rules.handle_access(AccessNet::from_all(LANDLOCK)))
        .and_then(|rules| rules.scope(Scope::from_all(LANDLOCK)))
        .and_then(Ruleset::create)
        .and_then(|rules| rules.restrict_self())
        .map_err(|error| error.to_string())?;
    match (status.ruleset, status.landlock) {
        (RulesetStatus::NotEnforced, LandlockStatus::NotImplemented) => {
            Err("this kernel has none".to_owned())
        }
        (RulesetStatus::NotEnforced, LandlockStatus::NotEnabled) => {
            Err("this kernel was booted without it".to_owned())
        }
        (RulesetStatus::NotEnforced, status) => Err(format!("not enforced ({status:?})")),
        _ => Ok(()),
    }
}

/// Refuses all system calls except those that extraction needs, in all threads, by seccomp.
pub(super) fn limit_system_calls() -> Result<(), String> {
    let describe = |error: &dyn std::error::Error| {
        let cause = error.source().map(|cause| format!(": {cause}"));
        format!("{error}{}", cause.unwrap_or_default())
    };
    let filters = filters().map_err(|error| describe(&error))?;
    filters.iter().try_for_each(|it| apply_filter_all_threads(it)).map_err(|error| describe(&error))
}

/// The filters. A refused call fails with EPERM, so that a library that tries more than it needs continues.
fn filters() -> Result<[BpfProgram; 2], seccompiler::BackendError> {
    let architecture: TargetArch = std::env::consts::ARCH.try_into()?;
    let filter =
        |rules, others, these| SeccompFilter::new(rules, others, these, architecture)?.try_into();
    // The flags of clone3 are in memory, where a filter cannot read them. The C library uses clone if
    // clone3 is absent.
    let absent = SeccompAction::Errno(libc::ENOSYS.unsigned_abs());
    let clone3 = BTreeMap::from([(libc::SYS_clone3, Vec::new())]);
    let refused = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    Ok([
        filter(clone3, SeccompAction::Allow, absent)?,
        filter(allowed()?, refused, SeccompAction::Allow)?,
    ])
}

/// The allowed system calls, with the conditions on their arguments.
fn allowed() -> Result<BTreeMap<c_long, Vec<SeccompRule>>, seccompiler::BackendError> {
    let this_process = u64::from(std::process::id());
    let threads = libc::CLONE_THREAD.unsigned_abs();
    let executable = u64::from(libc::PROT_EXEC.unsigned_abs());
    let thread = SeccompCmpOp::MaskedEq(threads.into());
    let not_executable = SeccompCmpOp::MaskedEq(executable);
    let any = ALLOWED.map(|call| (call, Vec::new()));
    let some = [
        (libc::SYS_clone, rule(0, thread, threads.into())?),
        (libc::SYS_kill, rule(0, SeccompCmpOp::Eq, this_process)?),
        (libc::SYS_mmap, rule(2, not_executable.clone(), 0)?),
        (libc::SYS_mprotect, rule(2, not_executable, 0)?),
        // It sets its own limits before each page.
        (libc::SYS_prlimit64, rule(0, SeccompCmpOp::Eq, 0)?),
        (libc::SYS_tgkill, rule(0, SeccompCmpOp::Eq, this_process)?),
    ];
    Ok(any.into_iter().chain(some).collect())
}

/// The condition on one argument of 32 bits.
fn rule(
    argument: u8,
    comparison: SeccompCmpOp,
    value: u64,
) -> Result<Vec<SeccompRule>, seccompiler::BackendError> {
    let condition = SeccompCondition::new(argument, SeccompCmpArgLen::Dword, comparison, value)?;
    Ok(vec![SeccompRule::new(vec![condition])?])
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::thread;

    /// Tests only Landlock, in one thread: in a child, seccomp would refuse the calls first.
    #[test]
    fn landlock_denies_files_to_a_thread_if_the_kernel_has_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        fs::write(&file, "secret").unwrap();
        let denied = thread::scope(|scope| {
            let confined = scope.spawn(|| {
                super::deny_files().map(|()| (fs::read(&file), fs::write(&file, "changed")))
            });
            confined.join().unwrap()
        });
        match denied {
            Ok((read, written)) => assert!(read.is_err() && written.is_err(), "{read:?}"),
            // Such a kernel has no Landlock, which the child and `wirefold check` report.
            Err(why) => assert!(why.contains("kernel"), "{why}"),
        }
        assert_eq!(fs::read(&file).unwrap(), b"secret");
    }
}
