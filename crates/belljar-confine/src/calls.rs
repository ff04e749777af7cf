//! System calls: seccomp.

use std::collections::BTreeMap;

use libc::{EPERM, c_long};
use seccompiler::SeccompCmpArgLen::{Dword, Qword};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule, TargetArch, apply_filter,
};

use crate::Failed;

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

fn machine() -> Option<TargetArch> {
    TargetArch::try_from(std::env::consts::ARCH).ok()
}

/// Whether filters can be made for this machine.
pub(crate) fn supported() -> bool {
    machine().is_some()
}

fn failed(error: impl std::fmt::Display) -> Failed {
    Failed::new("system calls", error)
}

fn filter(rules: Rules, otherwise: SeccompAction, matched: SeccompAction) -> Result<(), Failed> {
    let machine = machine().ok_or_else(|| failed("no filter for this machine"))?;
    let filter = SeccompFilter::new(rules, otherwise, matched, machine).map_err(failed)?;
    apply_filter(&BpfProgram::try_from(filter).map_err(failed)?).map_err(failed)
}

fn always(calls: &[c_long]) -> Rules {
    calls.iter().map(|call| (*call, Vec::new())).collect()
}

fn rule(conditions: Vec<SeccompCondition>) -> Result<SeccompRule, Failed> {
    SeccompRule::new(conditions).map_err(failed)
}

fn equals(argument: u8, value: u64) -> Result<SeccompCondition, Failed> {
    SeccompCondition::new(argument, Dword, SeccompCmpOp::Eq, value).map_err(failed)
}

/// The bits of `mask` in an argument are `value`.
fn masked(argument: u8, mask: u64, value: u64) -> Result<SeccompCondition, Failed> {
    SeccompCondition::new(argument, Qword, SeccompCmpOp::MaskedEq(mask), value).map_err(failed)
}

/// What any program does to run: memory, threads, waiting, the time. All of it concerns this process alone.
const ALONE: &[c_long] = &[
    libc::SYS_brk,
    libc::SYS_clock_getres,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_close,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_fstat,
    libc::SYS_futex,
    libc::SYS_getcpu,
    libc::SYS_getpid,
    libc::SYS_getrandom,
    libc::SYS_getrusage,
    libc::SYS_gettid,
    libc::SYS_gettimeofday,
    libc::SYS_madvise,
    libc::SYS_membarrier,
    libc::SYS_mremap,
    libc::SYS_munmap,
    libc::SYS_nanosleep,
    libc::SYS_restart_syscall,
    libc::SYS_rseq,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sched_getaffinity,
    libc::SYS_sched_yield,
    libc::SYS_set_robust_list,
    libc::SYS_sigaltstack,
    libc::SYS_sysinfo,
    libc::SYS_uname,
];

/// Leaves this process memory that holds no code, threads of its own, reading of its standard input and writing to its
/// standard output and error.
pub(crate) fn only_compute() -> Result<(), Failed> {
    let mut rules = always(ALONE);
    let mut allow = |call: c_long, alternatives: Vec<SeccompRule>| rules.insert(call, alternatives);
    let executable = u64::from(libc::PROT_EXEC.cast_unsigned());
    let anonymous = u64::from(libc::MAP_ANONYMOUS.cast_unsigned());
    let thread = u64::from(libc::CLONE_THREAD.cast_unsigned());
    let pid = u64::from(std::process::id());
    allow(libc::SYS_read, vec![rule(vec![equals(0, 0)?])?]);
    allow(libc::SYS_write, vec![rule(vec![equals(0, 1)?])?, rule(vec![equals(0, 2)?])?]);
    allow(libc::SYS_mmap, vec![rule(vec![masked(2, executable, 0)?, masked(3, anonymous, anonymous)?])?]);
    allow(libc::SYS_mprotect, vec![rule(vec![masked(2, executable, 0)?])?]);
    allow(libc::SYS_clone, vec![rule(vec![masked(0, thread, thread)?])?]);
    // It is answered by the second filter.
    allow(libc::SYS_clone3, Vec::new());
    // `abort` raises a signal; a thread gives itself a name.
    allow(libc::SYS_tgkill, vec![rule(vec![equals(0, pid)?])?]);
    allow(libc::SYS_prctl, vec![rule(vec![equals(0, u64::from(libc::PR_SET_NAME.cast_unsigned()))?])?]);
    // Asking for limits, not setting them.
    allow(
        libc::SYS_prlimit64,
        vec![rule(vec![SeccompCondition::new(2, Qword, SeccompCmpOp::Eq, 0).map_err(failed)?])?],
    );
    // What `clone3` makes cannot be seen by a filter, so the C library is told to use `clone`.
    let missing = SeccompAction::Errno(libc::ENOSYS.cast_unsigned());
    filter(always(&[libc::SYS_clone3]), SeccompAction::Allow, missing)?;
    filter(rules, SeccompAction::Errno(EPERM.cast_unsigned()), SeccompAction::Allow)
}

/// What no build needs: sockets, other processes' memory, keys, namespaces, mounts, the kernel's own machinery, and leaving
/// the session by which the build is killed.
const NEVER: &[c_long] = &[
    libc::SYS_accept,
    libc::SYS_accept4,
    libc::SYS_add_key,
    libc::SYS_bind,
    libc::SYS_bpf,
    libc::SYS_chroot,
    libc::SYS_connect,
    libc::SYS_delete_module,
    libc::SYS_fanotify_init,
    libc::SYS_finit_module,
    libc::SYS_init_module,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_io_uring_setup,
    libc::SYS_kexec_load,
    libc::SYS_keyctl,
    libc::SYS_listen,
    libc::SYS_mount,
    libc::SYS_move_mount,
    libc::SYS_open_by_handle_at,
    libc::SYS_open_tree,
    libc::SYS_perf_event_open,
    libc::SYS_pidfd_getfd,
    libc::SYS_pivot_root,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_ptrace,
    libc::SYS_reboot,
    libc::SYS_request_key,
    libc::SYS_setns,
    libc::SYS_setpgid,
    libc::SYS_setsid,
    libc::SYS_socket,
    libc::SYS_swapon,
    libc::SYS_umount2,
    libc::SYS_unshare,
    libc::SYS_userfaultfd,
];

/// Takes the network, and what reaches beyond this process's own files and children, from it and all that it will start.
pub(crate) fn no_network() -> Result<(), Failed> {
    filter(always(NEVER), SeccompAction::Allow, SeccompAction::Errno(EPERM.cast_unsigned()))
}
