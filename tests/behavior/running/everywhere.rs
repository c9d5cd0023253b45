//! This binary on the other databases.

signals_test_behavior::everywhere!();
