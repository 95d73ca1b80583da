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
    impl ::cached_smoke::__private::ValueOf<model> for Model {
        type Home = ::cached_smoke::__private::OfNoSuite;
        fn of(__artifact: &model) -> &Self {
            __artifact.stage.loaded()
        }
        fn take(__artifact: model) -> Self {
            __artifact.stage.into_loaded()
        }
    }
    impl ::core::ops::Deref for model {
        type Target = Model;
        fn deref(&self) -> &Self::Target {
            self.stage.loaded()
        }
    }
    impl ::core::ops::DerefMut for model {
        fn deref_mut(&mut self) -> &mut Self::Target {
            self.stage.loaded_mut()
        }
    }
    impl model {
        ///Returns the value.
        #[allow(dead_code, reason = "for sessions and for artifacts that own it")]
        pub fn into_inner(self) -> Model {
            self.stage.into_loaded()
        }
    }
    impl<__AnySuite: ::cached_smoke::Suite> ::cached_smoke::Artifact<__AnySuite>
    for model {
        const NAME: &'static ::core::primitive::str = "model";
        const USES_REPO: ::core::primitive::bool = false;
        const DEFINITION: ::cached_smoke::__private::Definition = ::cached_smoke::__private::Definition::Function(
            ::cached_smoke::__private::code_fingerprint!(::cached_smoke; own),
        );
        fn key(__key: &mut ::cached_smoke::KeyBuilder<'_, __AnySuite>) {
            ::cached_smoke::__private::declare_codec::<
                __AnySuite,
                ::cached_smoke::codec::Json,
                Model,
            >(__key);
        }
        fn build(
            __cx: &::cached_smoke::BuildContext<'_, __AnySuite>,
        ) -> ::cached_smoke::Result<Self> {
            let __value = model();
            ::core::result::Result::Ok(Self {
                stage: ::cached_smoke::__private::Stage::Built(
                    ::cached_smoke::__private::into_value::<Model, _>(__value)?,
                ),
            })
        }
        fn save(&self, __dir: &::std::path::Path) -> ::cached_smoke::Result<()> {
            ::cached_smoke::__private::save_by::<
                ::cached_smoke::codec::Json,
                Model,
            >(self.stage.built(), __dir)
        }
        fn load(
            __cx: &::cached_smoke::LoadContext<'_, __AnySuite>,
        ) -> ::cached_smoke::Result<Self> {
            ::core::result::Result::Ok(Self {
                stage: ::cached_smoke::__private::Stage::Loaded(
                    ::cached_smoke::__private::load_by::<
                        __AnySuite,
                        ::cached_smoke::codec::Json,
                        Model,
                    >(__cx)?,
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
    impl ::cached_smoke::__private::ValueOf<dependency_graph>
    for <::cached_smoke::codec::Rkyv as ::cached_smoke::codec::Codec<Graph>>::Loaded {
        type Home = ::cached_smoke::__private::OfSuite<Smoke>;
        fn of(__artifact: &dependency_graph) -> &Self {
            __artifact.stage.loaded()
        }
        fn take(__artifact: dependency_graph) -> Self {
            __artifact.stage.into_loaded()
        }
    }
    impl ::core::ops::Deref for dependency_graph {
        type Target = <::cached_smoke::codec::Rkyv as ::cached_smoke::codec::Codec<
            Graph,
        >>::Loaded;
        fn deref(&self) -> &Self::Target {
            self.stage.loaded()
        }
    }
    impl ::core::ops::DerefMut for dependency_graph {
        fn deref_mut(&mut self) -> &mut Self::Target {
            self.stage.loaded_mut()
        }
    }
    impl dependency_graph {
        ///Returns the value.
        #[allow(dead_code, reason = "for sessions and for artifacts that own it")]
        fn into_inner(
            self,
        ) -> <::cached_smoke::codec::Rkyv as ::cached_smoke::codec::Codec<
            Graph,
        >>::Loaded {
            self.stage.into_loaded()
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
            ::cached_smoke::__private::declare_field(
                "granularity",
                &__key.suite_config().granularity,
                __key,
            );
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
            ::core::result::Result::Ok(Self {
                stage: ::cached_smoke::__private::Stage::Built(
                    ::cached_smoke::__private::into_value::<Graph, _>(__value)?,
                ),
            })
        }
        fn save(&self, __dir: &::std::path::Path) -> ::cached_smoke::Result<()> {
            ::cached_smoke::__private::save_by::<
                ::cached_smoke::codec::Rkyv,
                Graph,
            >(self.stage.built(), __dir)
        }
        fn load(
            __cx: &::cached_smoke::LoadContext<'_, Smoke>,
        ) -> ::cached_smoke::Result<Self> {
            ::core::result::Result::Ok(Self {
                stage: ::cached_smoke::__private::Stage::Loaded(
                    ::cached_smoke::__private::load_by::<
                        Smoke,
                        ::cached_smoke::codec::Rkyv,
                        Graph,
                    >(__cx)?,
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
    impl ::cached_smoke::__private::ValueOf<index> for Index {
        type Home = ::cached_smoke::__private::OfNoSuite;
        fn of(__artifact: &index) -> &Self {
            __artifact.stage.loaded()
        }
        fn take(__artifact: index) -> Self {
            __artifact.stage.into_loaded()
        }
    }
    impl ::core::ops::Deref for index {
        type Target = Index;
        fn deref(&self) -> &Self::Target {
            self.stage.loaded()
        }
    }
    impl ::core::ops::DerefMut for index {
        fn deref_mut(&mut self) -> &mut Self::Target {
            self.stage.loaded_mut()
        }
    }
    impl index {
        ///Returns the value.
        #[allow(dead_code, reason = "for sessions and for artifacts that own it")]
        fn into_inner(self) -> Index {
            self.stage.into_loaded()
        }
    }
    impl<__AnySuite: ::cached_smoke::Suite> ::cached_smoke::Artifact<__AnySuite>
    for index {
        const NAME: &'static ::core::primitive::str = "index";
        const STORAGE: ::cached_smoke::Storage = ::cached_smoke::Storage::Directory;
        const USES_REPO: ::core::primitive::bool = false
            || <Graph as ::cached_smoke::__private::Input<__AnySuite, _>>::USES_REPO
            || <Words as ::cached_smoke::__private::Input<__AnySuite, _>>::USES_REPO
            || <Path as ::cached_smoke::__private::Input<__AnySuite, _>>::USES_REPO;
        const DEFINITION: ::cached_smoke::__private::Definition = ::cached_smoke::__private::Definition::Function(
            ::cached_smoke::__private::code_fingerprint!(::cached_smoke; own),
        );
        fn key(__key: &mut ::cached_smoke::KeyBuilder<'_, __AnySuite>) {
            <Graph as ::cached_smoke::__private::Input<__AnySuite, _>>::declare(__key);
            <Words as ::cached_smoke::__private::Input<__AnySuite, _>>::declare(__key);
            <Path as ::cached_smoke::__private::Input<__AnySuite, _>>::declare(__key);
        }
        fn build(
            __cx: &::cached_smoke::BuildContext<'_, __AnySuite>,
        ) -> ::cached_smoke::Result<Self> {
            let __value = index(
                <Graph as ::cached_smoke::__private::Input<__AnySuite, _>>::get(__cx)?,
                <Words as ::cached_smoke::__private::OwnedInput<
                    __AnySuite,
                    _,
                >>::take(__cx)?,
                <Path as ::cached_smoke::__private::Input<__AnySuite, _>>::get(__cx)?,
            );
            ::core::result::Result::Ok(Self {
                stage: ::cached_smoke::__private::Stage::Built(
                    ::cached_smoke::__private::into_value::<Index, _>(__value)?,
                ),
            })
        }
        fn save(&self, __dir: &::std::path::Path) -> ::cached_smoke::Result<()> {
            ::core::result::Result::Ok(())
        }
        fn load(
            __cx: &::cached_smoke::LoadContext<'_, __AnySuite>,
        ) -> ::cached_smoke::Result<Self> {
            ::core::result::Result::Ok(Self {
                stage: ::cached_smoke::__private::Stage::Loaded(
                    ::cached_smoke::__private::call_load::<
                        Index,
                        _,
                    >(__cx.dir(), Index::open)?,
                ),
            })
        }
    }
};
