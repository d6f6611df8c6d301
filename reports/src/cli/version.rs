//! The flag that says whose controllers decide.

use maxsurge_core::api::KubernetesVersion;

/// Which release's controllers are meant.
#[derive(clap::Args, Clone, Copy, Debug)]
pub struct VersionArg {
    /// Kubernetes whose controllers decide: 1.34 or 1.37
    #[arg(long, value_name = "VERSION", default_value = "1.37", value_parser = KubernetesVersion::parse)]
    pub kubernetes_version: KubernetesVersion,
}
