use belljar::{Failure, ToolError, files};

/// Does everything that can be done to files.
#[belljar::tool(wants = ["files write ./data as /data"])]
fn run() -> Result<(String, String), ToolError> {
    files::create("/data/gone.txt", "x")?;
    files::remove("/data/gone.txt")?;
    let listed: Vec<String> =
        files::list("/data")?.iter().map(|entry| format!("{} {}", entry.name, entry.size)).collect();
    assert_eq!(files::list_part("/data", "", 1)?.len(), 1);
    assert!(files::list_part("/data", "a.txt", 9)?.is_empty());
    files::make_directory("/data/made")?;
    files::write("/data/made/b.txt", "one")?;
    files::append("/data/made/b.txt", "\ntwo")?;
    assert!(matches!(files::create("/data/a.txt", ""), Err(Failure::Invalid(_) | Failure::Other(_))));
    assert!(matches!(files::read("/data/none"), Err(Failure::NotFound(_))));
    assert_eq!(files::read_range("/data/a.txt", 1, 3)?, b"ell");
    assert_eq!(files::stat("/data/made")?.kind, files::Kind::Directory);
    Ok((listed.join(","), files::read_text("/data/made/b.txt")?))
}
