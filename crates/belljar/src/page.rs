//! A tool as the file that a page runs without admitting it again.

use crate::Belljar;
use crate::error::LoadError;
use crate::tool::Tool;

impl Belljar {
    /// The tool's component, admitted, for a page that is to fetch little: the npm package's `prepared` takes it. A
    /// program becomes one component with its engine first, as by [`Belljar::standalone`].
    ///
    /// The page believes the file: it stands for admission, which is done here. Its format is that of this version of
    /// admission only.
    ///
    /// # Errors
    ///
    /// As [`Belljar::standalone`].
    pub fn prepare_for_page(&self, tool: &Tool) -> Result<Vec<u8>, LoadError> {
        let component = self.standalone(tool)?;
        let refused = |refusal| LoadError::Refused { file: tool.manifest().name.clone(), refusal };
        let mut prepared = belljar_admit::prepare(&component).map_err(refused)?;
        prepared.admitted.manifest = Some(tool.manifest().clone());
        prepared.write().map_err(|error| LoadError::Host(error.to_string()))
    }
}
