//! stub
pub(crate) struct ArtifactFunctions;
impl ArtifactFunctions {
    pub(crate) fn of_current_crate() -> Self {
        Self
    }
    pub(crate) fn takes_repository(&self, _ty: &syn::Type) -> Option<bool> {
        None
    }
}
