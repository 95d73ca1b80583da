//! Checks early whether Redis can be reached: the client of `OpenDAL` retries for long, and hides the reason.

use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use opendal::OperatorUri;
use redis::{Client, Cmd, IntoConnectionInfo, RedisConnectionInfo};

/// Connects, authenticates, and selects the database; the error contains the answer of the server.
///
/// Skips a server that an option names: it may be a cluster, or require TLS.
pub(crate) fn reach(uri: &OperatorUri, timeout: Duration) -> Result<()> {
    let Some(authority) = uri.authority() else { return Ok(()) };
    if uri.option("endpoint").is_some() || uri.option("cluster_endpoints").is_some() {
        return Ok(());
    }
    // On connecting, the client sends nothing itself: it would hide the answer of the server.
    let silent = RedisConnectionInfo::default().set_skip_set_lib_name();
    let info = format!("redis://{authority}").into_connection_info()?.set_redis_settings(silent);
    let address = info.addr().to_string();
    let failed = || format!("failed to connect to {address}");
    let client = Client::open(info)?;
    let mut connection = client.get_connection_with_timeout(timeout).with_context(failed)?;
    connection.set_read_timeout(Some(timeout)).with_context(failed)?;
    connection.set_write_timeout(Some(timeout)).with_context(failed)?;
    for command in greeting(uri) {
        command.query::<()>(&mut connection).map_err(|error| {
            if error.is_connection_dropped() {
                anyhow!("{address} closed the connection: it may require TLS, or may not be Redis")
            } else if error.is_io_error() {
                anyhow!(error).context(failed())
            } else {
                anyhow!("Redis at {address} answers: {error}")
            }
        })?;
    }
    Ok(())
}

/// Returns the commands that authenticate, and select the database.
fn greeting(uri: &OperatorUri) -> Vec<Cmd> {
    let mut commands = Vec::new();
    if let Some(password) = uri.option("password") {
        let mut command = redis::cmd("AUTH");
        command.arg(uri.option("username")).arg(password);
        commands.push(command);
    }
    let database = uri.root().and_then(|path| path.split('/').next()).filter(|first| first.parse::<i64>().is_ok());
    let mut command = redis::cmd("SELECT");
    command.arg(database.unwrap_or("0"));
    commands.push(command);
    commands
}
