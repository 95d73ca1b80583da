// An artifact of no suite, which every suite can use. The default codec stores it.
//
//     /// Ten seconds, once.
//     #[artifact]
//     pub fn model() -> Model {
//         Model::train(100)
//     }

/// Ten seconds, once.
pub fn model() -> Model {
    Model::train(100)
}
///The artifact that the function [`model()`] builds.
#[allow(non_camel_case_types, reason = "the artifact has the name of its function")]
pub struct model {
    stage: ::cached_smoke::__private::Stage<Model, Model>,
}
const _: () = {
    impl ::cached_smoke::__private::FunctionArtifact for model {
        type Value = Model;
        fn value(&self) -> &Model {
            self.stage.loaded()
        }
        fn into_value(self) -> Model {
            self.stage.into_loaded()
        }
    }
    impl ::cached_smoke::__private::ValueOf<model> for Model {}
    impl ::core::ops::Deref for model {
        type Target = Model;
        fn deref(&self) -> &Model {
            self.stage.loaded()
        }
    }
    impl<__Suite: ::cached_smoke::Suite> ::cached_smoke::Artifact<__Suite> for model {
        const NAME: &'static ::core::primitive::str = "model";
        const USES_REPO: ::core::primitive::bool = false;
        const DEFINITION: ::cached_smoke::__private::Definition = ::cached_smoke::__private::Definition::Function(
            ::cached_smoke::__private::code_fingerprint!(::cached_smoke; own),
        );
        fn key(__key: &mut ::cached_smoke::KeyBuilder<'_, __Suite>) {
            ::cached_smoke::__private::declare_codec::<
                __Suite,
                ::cached_smoke::codec::Json,
                Model,
            >(__key);
        }
        fn build(
            __cx: &::cached_smoke::BuildContext<'_, __Suite>,
        ) -> ::cached_smoke::Result<Self> {
            let __value = model();
            let __value = ::cached_smoke::__private::IntoValue::<
                Model,
            >::into_value(__value)?;
            ::core::result::Result::Ok(Self {
                stage: ::cached_smoke::__private::Stage::Built(__value),
            })
        }
        fn save(&self, __dir: &::std::path::Path) -> ::cached_smoke::Result<()> {
            <::cached_smoke::codec::Json as ::cached_smoke::codec::Codec<
                Model,
            >>::save(self.stage.built(), __dir)
        }
        fn load(
            __cx: &::cached_smoke::LoadContext<'_, __Suite>,
        ) -> ::cached_smoke::Result<Self> {
            ::core::result::Result::Ok(Self {
                stage: ::cached_smoke::__private::Stage::Loaded(
                    <::cached_smoke::codec::Json as ::cached_smoke::codec::Codec<
                        Model,
                    >>::load(&__cx.stored())?,
                ),
            })
        }
    }
};

// An artifact of a suite. It depends on one field of the configuration.
//
//     #[artifact(suite = Smoke, name = "graph", codec = rkyv, relocatable)]
//     fn dependency_graph(repo: &Repo, #[config] granularity: &Granularity) -> Result<Graph, ParseError> {
//         Graph::build(repo.path(), *granularity)
//     }

fn dependency_graph(
    repo: &Repo,
    granularity: &Granularity,
) -> Result<Graph, ParseError> {
    Graph::build(repo.path(), *granularity)
}
///The artifact that the function [`dependency_graph()`] builds.
#[allow(non_camel_case_types, reason = "the artifact has the name of its function")]
struct dependency_graph {
    stage: ::cached_smoke::__private::Stage<
        Graph,
        <::cached_smoke::codec::Rkyv as ::cached_smoke::codec::Codec<Graph>>::Loaded,
    >,
}
const _: () = {
    impl ::cached_smoke::__private::FunctionArtifact for dependency_graph {
        type Value = <::cached_smoke::codec::Rkyv as ::cached_smoke::codec::Codec<
            Graph,
        >>::Loaded;
        fn value(
            &self,
        ) -> &<::cached_smoke::codec::Rkyv as ::cached_smoke::codec::Codec<
            Graph,
        >>::Loaded {
            self.stage.loaded()
        }
        fn into_value(
            self,
        ) -> <::cached_smoke::codec::Rkyv as ::cached_smoke::codec::Codec<
            Graph,
        >>::Loaded {
            self.stage.into_loaded()
        }
    }
    impl ::cached_smoke::__private::ValueOf<dependency_graph>
    for <::cached_smoke::codec::Rkyv as ::cached_smoke::codec::Codec<Graph>>::Loaded {}
    impl ::core::ops::Deref for dependency_graph {
        type Target = <::cached_smoke::codec::Rkyv as ::cached_smoke::codec::Codec<
            Graph,
        >>::Loaded;
        fn deref(
            &self,
        ) -> &<::cached_smoke::codec::Rkyv as ::cached_smoke::codec::Codec<
            Graph,
        >>::Loaded {
            self.stage.loaded()
        }
    }
    impl ::cached_smoke::Artifact<Smoke> for dependency_graph {
        const NAME: &'static ::core::primitive::str = "graph";
        const RELOCATABLE: bool = true;
        const USES_REPO: ::core::primitive::bool = false
            || <Repo as ::cached_smoke::__private::Input<Smoke, _>>::USES_REPO;
        const DEFINITION: ::cached_smoke::__private::Definition = ::cached_smoke::__private::Definition::FunctionOfSuite;
        fn key(__key: &mut ::cached_smoke::KeyBuilder<'_, Smoke>) {
            <Repo as ::cached_smoke::__private::Input<Smoke, _>>::declare(__key);
            __key.config(&__key.suite_config().granularity);
            __key.code(<Smoke as ::cached_smoke::Suite>::CODE);
            __key
                .code(::cached_smoke::__private::code_fingerprint!(::cached_smoke; own));
            ::cached_smoke::__private::declare_codec::<
                Smoke,
                ::cached_smoke::codec::Rkyv,
                Graph,
            >(__key);
        }
        fn build(
            __cx: &::cached_smoke::BuildContext<'_, Smoke>,
        ) -> ::cached_smoke::Result<Self> {
            let __value = dependency_graph(
                <Repo as ::cached_smoke::__private::Input<Smoke, _>>::get(__cx)?,
                &__cx.config().granularity,
            );
            let __value = ::cached_smoke::__private::IntoValue::<
                Graph,
            >::into_value(__value)?;
            ::core::result::Result::Ok(Self {
                stage: ::cached_smoke::__private::Stage::Built(__value),
            })
        }
        fn save(&self, __dir: &::std::path::Path) -> ::cached_smoke::Result<()> {
            <::cached_smoke::codec::Rkyv as ::cached_smoke::codec::Codec<
                Graph,
            >>::save(self.stage.built(), __dir)
        }
        fn load(
            __cx: &::cached_smoke::LoadContext<'_, Smoke>,
        ) -> ::cached_smoke::Result<Self> {
            ::core::result::Result::Ok(Self {
                stage: ::cached_smoke::__private::Stage::Loaded(
                    <::cached_smoke::codec::Rkyv as ::cached_smoke::codec::Codec<
                        Graph,
                    >>::load(&__cx.stored())?,
                ),
            })
        }
    }
};

// An artifact with files of its own, built from another artifact.
//
//     #[artifact(directory, load = Index::open)]
//     #[cfg(unix)]
//     fn index(graph: &Graph, words: Words, dir: &Path) -> Index {
//         Index::build(graph, words, dir)
//     }

#[cfg(unix)]
fn index(graph: &Graph, words: Words, dir: &Path) -> Index {
    Index::build(graph, words, dir)
}
#[cfg(unix)]
///The artifact that the function [`index()`] builds.
#[allow(non_camel_case_types, reason = "the artifact has the name of its function")]
struct index {
    stage: ::cached_smoke::__private::Stage<Index, Index>,
}
#[cfg(unix)]
const _: () = {
    impl ::cached_smoke::__private::FunctionArtifact for index {
        type Value = Index;
        fn value(&self) -> &Index {
            self.stage.loaded()
        }
        fn into_value(self) -> Index {
            self.stage.into_loaded()
        }
    }
    impl ::cached_smoke::__private::ValueOf<index> for Index {}
    impl ::core::ops::Deref for index {
        type Target = Index;
        fn deref(&self) -> &Index {
            self.stage.loaded()
        }
    }
    impl<__Suite: ::cached_smoke::Suite> ::cached_smoke::Artifact<__Suite> for index {
        const NAME: &'static ::core::primitive::str = "index";
        const STORAGE: ::cached_smoke::Storage = ::cached_smoke::Storage::Directory;
        const USES_REPO: ::core::primitive::bool = false
            || <Graph as ::cached_smoke::__private::Input<__Suite, _>>::USES_REPO
            || <Words as ::cached_smoke::__private::Input<__Suite, _>>::USES_REPO
            || <Path as ::cached_smoke::__private::Input<__Suite, _>>::USES_REPO;
        const DEFINITION: ::cached_smoke::__private::Definition = ::cached_smoke::__private::Definition::Function(
            ::cached_smoke::__private::code_fingerprint!(::cached_smoke; own),
        );
        fn key(__key: &mut ::cached_smoke::KeyBuilder<'_, __Suite>) {
            <Graph as ::cached_smoke::__private::Input<__Suite, _>>::declare(__key);
            <Words as ::cached_smoke::__private::Input<__Suite, _>>::declare(__key);
            <Path as ::cached_smoke::__private::Input<__Suite, _>>::declare(__key);
        }
        fn build(
            __cx: &::cached_smoke::BuildContext<'_, __Suite>,
        ) -> ::cached_smoke::Result<Self> {
            let __value = index(
                <Graph as ::cached_smoke::__private::Input<__Suite, _>>::get(__cx)?,
                <Words as ::cached_smoke::__private::OwnedInput<
                    __Suite,
                    _,
                >>::take(__cx)?,
                <Path as ::cached_smoke::__private::Input<__Suite, _>>::get(__cx)?,
            );
            let __value = ::cached_smoke::__private::IntoValue::<
                Index,
            >::into_value(__value)?;
            ::core::result::Result::Ok(Self {
                stage: ::cached_smoke::__private::Stage::Built(__value),
            })
        }
        fn save(&self, __dir: &::std::path::Path) -> ::cached_smoke::Result<()> {
            ::core::result::Result::Ok(())
        }
        fn load(
            __cx: &::cached_smoke::LoadContext<'_, __Suite>,
        ) -> ::cached_smoke::Result<Self> {
            ::core::result::Result::Ok(Self {
                stage: ::cached_smoke::__private::Stage::Loaded(
                    ::cached_smoke::__private::IntoValue::<
                        Index,
                    >::into_value((Index::open)(__cx.dir()))?,
                ),
            })
        }
    }
};
