//! Emits the artifact of a function without errors. `tests/expansion.snapshot.rs` shows expansions.

use super::arguments::Arguments;
use super::check::{Definition, Input};
use crate::function::{Function, keeping_attributes};
use crate::markers::Kind;
use crate::sources::compact;
use crate::tokens::{here, local};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Attribute, Meta, MetaList, Path, Type, TypePath};

/// Returns the function and its artifact.
pub(super) fn artifact(arguments: &Arguments, function: &Function, definition: &Definition<'_>) -> TokenStream {
    Expansion { arguments, function, definition }.items()
}

/// The inputs of an expansion.
struct Expansion<'a> {
    arguments: &'a Arguments,
    function: &'a Function,
    definition: &'a Definition<'a>,
}

impl Expansion<'_> {
    fn items(&self) -> TokenStream {
        let Self { function, definition, .. } = self;
        let Function { attributes, visibility, signature, body } = function;
        let (name, value) = (&signature.ident, definition.value);
        let own_signature = keeping_attributes(signature, is_of_language);
        let on_type: Vec<TokenStream> = attributes.iter().filter_map(about_signature).collect();
        let loaded = self.loaded();
        let home = self.home();
        // The signatures as well, because their types are those of the codec.
        let (span, this, artifact) = (self.codec_span(), quote!(&self), local("artifact"));
        let krate_here = self.krate_at(span);
        let stage = quote_spanned!(span=> #krate_here::__private::Stage<#value, #loaded>);
        let value_of = quote_spanned!(span=> impl #krate_here::__private::ValueOf<#name> for #loaded);
        let target = quote_spanned!(span=> type Target = #loaded;);
        let of_signature = quote_spanned!(span=> fn of(#artifact: &#name) -> &Self);
        let take_signature = quote_spanned!(span=> fn take(#artifact: #name) -> Self);
        let deref_signature = quote_spanned!(span=> fn deref(#this) -> &Self::Target);
        let this = quote!(&mut self);
        let deref_mut_signature = quote_spanned!(span=> fn deref_mut(#this) -> &mut Self::Target);
        let this = quote!(self);
        let into_inner_signature = quote_spanned!(span=> #visibility fn into_inner(#this) -> #loaded);
        let implementation = self.implementation();
        let documentation = format!("The artifact that the function [`{name}()`] builds.");
        quote! {
            #(#attributes)*
            #visibility #own_signature #body

            #(#on_type)*
            #[doc = #documentation]
            #[allow(non_camel_case_types, reason = "the artifact has the name of its function")]
            #visibility struct #name {
                stage: #stage,
            }

            #(#on_type)*
            const _: () = {
                #value_of {
                    type Home = #home;

                    #of_signature {
                        #artifact.stage.loaded()
                    }

                    #take_signature {
                        #artifact.stage.into_loaded()
                    }
                }

                impl ::core::ops::Deref for #name {
                    #target

                    #deref_signature {
                        self.stage.loaded()
                    }
                }

                impl ::core::ops::DerefMut for #name {
                    #deref_mut_signature {
                        self.stage.loaded_mut()
                    }
                }

                impl #name {
                    #[doc = "Returns the value."]
                    #[allow(dead_code, reason = "for sessions and for artifacts that own it")]
                    #into_inner_signature {
                        self.stage.into_loaded()
                    }
                }

                #implementation
            };
        }
    }

    /// Emits the implementation of `Artifact`: for the suite, or for every suite.
    fn implementation(&self) -> TokenStream {
        let Self { arguments, function, definition } = self;
        let krate = self.krate();
        let name = &function.signature.ident;
        let artifact_name = &definition.name;
        let suite = self.suite();
        let generics = arguments.suite.is_none().then(|| quote!(<#suite: #krate::Suite>));
        let storage =
            arguments.directory.is_some().then(|| quote!(const STORAGE: #krate::Storage = #krate::Storage::Directory;));
        let relocatable = arguments.is_relocatable.then(|| {
            quote!(
                const RELOCATABLE: bool = true;
            )
        });
        let private_view = arguments.is_writable.then(|| {
            quote!(
                const PRIVATE_VIEW: bool = true;
            )
        });
        let hermetic = arguments.is_hermetic.then(|| {
            quote!(
                const HERMETIC: bool = true;
            )
        });
        let format = arguments.format.as_ref().map(|format| quote!(const FORMAT: ::core::primitive::u32 = #format;));
        let uses_repo = definition.inputs.iter().filter_map(|input| match input {
            Input::Reference(ty, of) | Input::Value(ty, of) => {
                let (input, this) = (quote!(#krate::__private::Input), quote!(#suite));
                let marker = self.marker(of.as_ref());
                Some(quote_spanned!(here(ty)=> <#ty as #input<#this, #marker>>::USES_REPO))
            }
            Input::Field { .. } => None,
        });
        let definition_kind = self.definition_kind();
        let dir = local("dir");
        let declarations = self.declarations();
        let build = self.build();
        let (save, load, comparison) = (self.save(), self.load(), self.same());
        let [artifact, key_signature, build_signature, load_signature] = self.signatures();
        quote! {
            impl #generics #artifact for #name {
                const NAME: &'static ::core::primitive::str = #artifact_name;
                #storage
                #relocatable
                #private_view
                #hermetic
                #format
                const USES_REPO: ::core::primitive::bool = false #(|| #uses_repo)*;
                const DEFINITION: #krate::__private::Definition = #definition_kind;

                #key_signature {
                    #declarations
                }

                #build_signature {
                    #build
                }

                fn save(&self, #dir: &::std::path::Path) -> #krate::Result<()> {
                    #save
                }

                #load_signature {
                    #load
                }

                #comparison
            }
        }
    }

    /// Returns the suite, or the name of a type parameter that stands for any.
    fn suite(&self) -> TokenStream {
        // Messages of the compiler show the name.
        let any = || local("AnySuite").to_token_stream();
        self.arguments.suite.as_ref().map_or_else(any, TypePath::to_token_stream)
    }

    /// Emits the trait, and the signatures of `key`, `build` and `load`. An error about the suite is then reported at
    /// its name.
    fn signatures(&self) -> [TokenStream; 4] {
        let span = self.arguments.suite.as_ref().map_or_else(Span::call_site, here);
        let (krate, suite) = (self.krate_at(span), self.suite());
        let [key, cx] = ["key", "cx"].map(local);
        [
            quote_spanned!(span=> #krate::Artifact<#suite>),
            quote_spanned!(span=> fn key(#key: &mut #krate::KeyBuilder<'_, #suite>)),
            quote_spanned!(span=> fn build(#cx: &#krate::BuildContext<'_, #suite>) -> #krate::Result<Self>),
            quote_spanned!(span=> fn load(#cx: &#krate::LoadContext<'_, #suite>) -> #krate::Result<Self>),
        ]
    }

    /// Returns the path of the crate `cached-smoke`.
    fn krate(&self) -> TokenStream {
        self.krate_at(Span::call_site())
    }

    /// As [`krate`](Self::krate), for an expression or a type whose errors are reported at `span`.
    fn krate_at(&self, span: Span) -> TokenStream {
        self.arguments.krate.as_ref().map_or_else(|| quote_spanned!(span=> ::cached_smoke), Path::to_token_stream)
    }

    fn home(&self) -> TokenStream {
        let krate = self.krate();
        if let Some(suite) = &self.arguments.suite {
            quote!(#krate::__private::OfSuite<#suite>)
        } else {
            quote!(#krate::__private::OfNoSuite)
        }
    }

    fn definition_kind(&self) -> TokenStream {
        let arguments = self.arguments;
        let krate = self.krate();
        match (&arguments.suite, &arguments.code) {
            (Some(_), _) => quote!(#krate::__private::Definition::FunctionOfSuite),
            (None, Some(code)) => quote!(#krate::__private::Definition::Function(#code)),
            (None, None) => quote! {
                #krate::__private::Definition::Function(#krate::__private::code_fingerprint!(#krate; own))
            },
        }
    }

    /// Emits the declarations of the key: parameters, codec, code and the user's own.
    fn declarations(&self) -> TokenStream {
        let Self { arguments, definition, .. } = self;
        let krate = self.krate();
        let (suite, key) = (self.suite(), local("key"));
        let inputs = definition.inputs.iter().map(|input| match input {
            Input::Reference(ty, of) | Input::Value(ty, of) => {
                let (input, this) = (quote!(#krate::__private::Input), quote!(#suite));
                let marker = self.marker(of.as_ref());
                quote_spanned!(here(ty)=> <#ty as #input<#this, #marker>>::declare(#key);)
            }
            Input::Field { field, .. } => {
                let path = compact(field.clone());
                quote!(#krate::__private::declare_field(#path, &#key.suite_config().#field, #key);)
            }
        });
        let code = match (&arguments.suite, &arguments.code) {
            (None, _) => None,
            (Some(_), Some(code)) => Some(quote!(#key.code(#code);)),
            // The suite may not name the file of the function.
            (Some(suite), None) => {
                let key = Ident::new(&key.to_string(), here(suite));
                let krate_here = self.krate_at(here(suite));
                let of_suite = quote_spanned!(here(suite)=> #key.code(<#suite as #krate_here::Suite>::CODE););
                let own = quote_spanned!(here(suite)=>
                    #key.code(#krate_here::__private::code_fingerprint!(#krate_here; own));
                );
                Some(quote!(#of_suite #own))
            }
        };
        let codec = self.codec().map(|codec| {
            let value = definition.value;
            quote!(#krate::__private::declare_codec::<#suite, #codec, #value>(#key);)
        });
        let own = arguments.key.as_ref().map(|own| quote!(#krate::__private::declare(#key, #own);));
        quote!(#(#inputs)* #code #codec #own)
    }

    /// Returns the marker of an input: that of the function that the parameter names, or any.
    fn marker(&self, function: Option<&Path>) -> TokenStream {
        let krate = self.krate();
        function.map_or_else(|| quote!(_), |function| quote!(#krate::__private::ViaOther<#function>))
    }

    fn build(&self) -> TokenStream {
        let Self { function, definition, .. } = self;
        let krate = self.krate();
        let (name, value, suite) = (&function.signature.ident, definition.value, self.suite());
        let cx = local("cx");
        let arguments = definition.inputs.iter().map(|input| match input {
            Input::Reference(ty, of) => {
                let (input, this) = (quote!(#krate::__private::Input), quote!(#suite));
                let marker = self.marker(of.as_ref());
                quote_spanned!(here(ty)=> <#ty as #input<#this, #marker>>::get(#cx)?)
            }
            Input::Value(ty, of) => {
                let (input, this) = (quote!(#krate::__private::OwnedInput), quote!(#suite));
                let marker = self.marker(of.as_ref());
                quote_spanned!(here(ty)=> <#ty as #input<#this, #marker>>::take(#cx)?)
            }
            Input::Field { field, is_by_value } => {
                let cx = Ident::new(&cx.to_string(), here(field));
                let field = quote_spanned!(here(field)=> &#cx.config().#field);
                if *is_by_value { quote!(::core::clone::Clone::clone(#field)) } else { field }
            }
        });
        let built = Ident::new("__value", here(value));
        let value = self.converted(here(value), value, quote!(#built));
        quote! {
            let #built = #name(#(#arguments),*);
            ::core::result::Result::Ok(Self { stage: #krate::__private::Stage::Built(#value?) })
        }
    }

    /// Emits the conversion of a `T` or a `Result<T, E>`. An error about its type is reported at `span`.
    fn converted(&self, span: Span, ty: &Type, value: TokenStream) -> TokenStream {
        let krate = self.krate_at(span);
        quote_spanned!(span=> #krate::__private::into_value::<#ty, _>(#value))
    }

    fn save(&self) -> TokenStream {
        let Self { arguments, definition, .. } = self;
        let (value, dir) = (definition.value, local("dir"));
        if let Some(save) = &arguments.save {
            let built = quote!(self.stage.built());
            let krate = self.krate_at(here(save));
            return quote_spanned!(here(save)=> #krate::__private::call_save(#built, #dir, #save));
        }
        if let Some(codec) = self.codec() {
            let built = quote!(self.stage.built());
            let (span, krate) = (self.codec_span(), self.krate_at(self.codec_span()));
            quote_spanned!(span=> #krate::__private::save_by::<#codec, #value>(#built, #dir))
        } else {
            quote!(::core::result::Result::Ok(()))
        }
    }

    /// Emits the comparison of two builds, if the user has one.
    fn same(&self) -> Option<TokenStream> {
        let same = self.arguments.same.as_ref()?;
        let (krate, other) = (self.krate_at(here(same)), local("other"));
        let values = quote!(self.stage.loaded(), #other.stage.loaded());
        let call = quote_spanned!(here(same)=> #krate::__private::call_same(#values, #same));
        Some(quote! {
            fn same(&self, #other: &Self) -> ::core::result::Result<(), ::std::string::String> {
                #call
            }
        })
    }

    fn load(&self) -> TokenStream {
        let Self { arguments, definition, .. } = self;
        let krate = self.krate();
        let (value, cx, suite) = (definition.value, local("cx"), self.suite());
        let loaded = match (&arguments.load, self.codec()) {
            (Some(load), _) => {
                let krate = self.krate_at(here(load));
                quote_spanned!(here(load)=> #krate::__private::call_load::<#value, _>(#cx.dir(), #load)?)
            }
            (None, codec) => {
                let (span, krate) = (self.codec_span(), self.krate_at(self.codec_span()));
                quote_spanned!(span=> #krate::__private::load_by::<#suite, #codec, #value>(#cx)?)
            }
        };
        quote!(::core::result::Result::Ok(Self { stage: #krate::__private::Stage::Loaded(#loaded) }))
    }

    /// Returns the type that tests take.
    fn loaded(&self) -> TokenStream {
        let value = self.definition.value;
        match &self.arguments.codec {
            Some(named) => {
                let (krate, codec) = (self.krate_at(here(named)), self.codec());
                quote_spanned!(here(named)=> <#codec as #krate::codec::Codec<#value>>::Loaded)
            }
            None => value.to_token_stream(),
        }
    }

    /// Returns the span of errors about the codec: its name, or the type of the value if the user names no codec.
    fn codec_span(&self) -> Span {
        self.arguments.codec.as_ref().map_or_else(|| here(self.definition.value), here)
    }

    fn known_codec(&self, name: &str, span: Span) -> TokenStream {
        let (krate, name) = (self.krate_at(span), Ident::new(name, span));
        quote_spanned!(span=> #krate::codec::#name)
    }

    /// Returns the codec, unless functions of the user write and read the files.
    fn codec(&self) -> Option<TokenStream> {
        if self.arguments.load.is_some() {
            return None;
        }
        let span = self.codec_span();
        let Some(codec) = &self.arguments.codec else { return Some(self.known_codec("Json", span)) };
        Some(match codec.path.get_ident().map(Ident::to_string).as_deref() {
            Some("rkyv") => self.known_codec("Rkyv", span),
            Some("json") => self.known_codec("Json", span),
            Some("postcard") => self.known_codec("Postcard", span),
            _ => codec.to_token_stream(),
        })
    }
}

/// Returns `true` for an attribute of a parameter that rustc understands.
fn is_of_language(attribute: &Attribute) -> bool {
    !attribute.path().is_ident("config") && Kind::of(attribute) != Kind::Artifact
}

/// Returns an attribute of the function if it concerns the types in the signature, which the artifact repeats.
fn about_signature(attribute: &Attribute) -> Option<TokenStream> {
    match &attribute.meta {
        _ if Kind::of(attribute) == Kind::Cfg => Some(attribute.to_token_stream()),
        // The function fulfils an expectation, and the artifact need not.
        Meta::List(MetaList { path, tokens, .. }) if path.is_ident("allow") || path.is_ident("expect") => {
            Some(quote!(#[allow(#tokens)]))
        }
        _ => None,
    }
}
