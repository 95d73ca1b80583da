//! Emits the artifact of a function without errors. `tests/expansion.snapshot.rs` shows expansions.

use super::arguments::Arguments;
use super::check::{Definition, Input};
use crate::function::Function;
use crate::markers::Kind;
use crate::tokens::{here, local};
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Attribute, FnArg, Path, Signature, TypePath};

/// Returns the function and its artifact.
pub(super) fn artifact(arguments: &Arguments, function: &Function, definition: &Definition<'_>) -> TokenStream {
    let krate = arguments.krate.as_ref().map_or_else(|| quote!(::cached_smoke), Path::to_token_stream);
    Expansion { krate, arguments, function, definition }.items()
}

/// The inputs of an expansion.
struct Expansion<'a> {
    krate: TokenStream,
    arguments: &'a Arguments,
    function: &'a Function,
    definition: &'a Definition<'a>,
}

impl Expansion<'_> {
    fn items(&self) -> TokenStream {
        let Self { krate, function, definition, .. } = self;
        let Function { attributes, visibility, signature, body } = function;
        let (name, value) = (&signature.ident, definition.value);
        let own_signature = without_parameter_attributes(signature);
        let on_type: Vec<&Attribute> = attributes.iter().filter(|attribute| Kind::of(attribute) == Kind::Cfg).collect();
        let loaded = self.loaded();
        let implementation = self.implementation();
        let documentation = format!("The artifact that the function [`{name}()`] builds.");
        quote! {
            #(#attributes)*
            #visibility #own_signature #body

            #(#on_type)*
            #[doc = #documentation]
            #[allow(non_camel_case_types, reason = "the artifact has the name of its function")]
            #visibility struct #name {
                stage: #krate::__private::Stage<#value, #loaded>,
            }

            #(#on_type)*
            const _: () = {
                impl #krate::__private::FunctionArtifact for #name {
                    type Value = #loaded;

                    fn value(&self) -> &#loaded {
                        self.stage.loaded()
                    }

                    fn into_value(self) -> #loaded {
                        self.stage.into_loaded()
                    }
                }

                impl #krate::__private::ValueOf<#name> for #loaded {}

                impl ::core::ops::Deref for #name {
                    type Target = #loaded;

                    fn deref(&self) -> &#loaded {
                        self.stage.loaded()
                    }
                }

                #implementation
            };
        }
    }

    /// Emits the implementation of `Artifact`: for the suite, or for every suite.
    fn implementation(&self) -> TokenStream {
        let Self { krate, arguments, function, definition } = self;
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
        let format = arguments.format.as_ref().map(|format| quote!(const FORMAT: ::core::primitive::u32 = #format;));
        let uses_repo = definition.inputs.iter().filter_map(|input| match input {
            Input::Reference(ty) | Input::Value(ty) => {
                let (input, this) = (quote!(#krate::__private::Input), quote!(#suite));
                Some(quote_spanned!(here(ty)=> <#ty as #input<#this, _>>::USES_REPO))
            }
            Input::Field(_) => None,
        });
        let definition_kind = self.definition_kind();
        let [key, cx, dir] = ["key", "cx", "dir"].map(local);
        let declarations = self.declarations();
        let build = self.build();
        let (save, load) = (self.save(), self.load());
        quote! {
            impl #generics #krate::Artifact<#suite> for #name {
                const NAME: &'static ::core::primitive::str = #artifact_name;
                #storage
                #relocatable
                #private_view
                #format
                const USES_REPO: ::core::primitive::bool = false #(|| #uses_repo)*;
                const DEFINITION: #krate::__private::Definition = #definition_kind;

                fn key(#key: &mut #krate::KeyBuilder<'_, #suite>) {
                    #declarations
                }

                fn build(#cx: &#krate::BuildContext<'_, #suite>) -> #krate::Result<Self> {
                    #build
                }

                fn save(&self, #dir: &::std::path::Path) -> #krate::Result<()> {
                    #save
                }

                fn load(#cx: &#krate::LoadContext<'_, #suite>) -> #krate::Result<Self> {
                    #load
                }
            }
        }
    }

    /// Returns the suite, or the name of a type parameter that stands for any.
    fn suite(&self) -> TokenStream {
        let any = || local("Suite").to_token_stream();
        self.arguments.suite.as_ref().map_or_else(any, TypePath::to_token_stream)
    }

    fn definition_kind(&self) -> TokenStream {
        let Self { krate, arguments, .. } = self;
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
        let Self { krate, arguments, definition, .. } = self;
        let (suite, key) = (self.suite(), local("key"));
        let inputs = definition.inputs.iter().map(|input| match input {
            Input::Reference(ty) | Input::Value(ty) => {
                let (input, this) = (quote!(#krate::__private::Input), quote!(#suite));
                quote_spanned!(here(ty)=> <#ty as #input<#this, _>>::declare(#key);)
            }
            Input::Field(field) => quote!(#key.config(&#key.suite_config().#field);),
        });
        let code = match (&arguments.suite, &arguments.code) {
            (None, _) => None,
            (Some(_), Some(code)) => Some(quote!(#key.code(#code);)),
            // The suite may not name the file of the function.
            (Some(suite), None) => Some(quote! {
                #key.code(<#suite as #krate::Suite>::CODE);
                #key.code(#krate::__private::code_fingerprint!(#krate; own));
            }),
        };
        let codec = self.codec().map(|codec| {
            let value = definition.value;
            quote!(#krate::__private::declare_codec::<#suite, #codec, #value>(#key);)
        });
        let own = arguments.key.as_ref().map(|own| quote!(#krate::__private::declare(#key, #own);));
        quote!(#(#inputs)* #code #codec #own)
    }

    fn build(&self) -> TokenStream {
        let Self { krate, function, definition, .. } = self;
        let (name, value, suite) = (&function.signature.ident, definition.value, self.suite());
        let cx = local("cx");
        let arguments = definition.inputs.iter().map(|input| match input {
            Input::Reference(ty) => {
                let (input, this) = (quote!(#krate::__private::Input), quote!(#suite));
                quote_spanned!(here(ty)=> <#ty as #input<#this, _>>::get(#cx)?)
            }
            Input::Value(ty) => {
                let (input, this) = (quote!(#krate::__private::OwnedInput), quote!(#suite));
                quote_spanned!(here(ty)=> <#ty as #input<#this, _>>::take(#cx)?)
            }
            Input::Field(field) => quote!(&#cx.config().#field),
        });
        quote! {
            let __value = #name(#(#arguments),*);
            let __value = #krate::__private::IntoValue::<#value>::into_value(__value)?;
            ::core::result::Result::Ok(Self { stage: #krate::__private::Stage::Built(__value) })
        }
    }

    fn save(&self) -> TokenStream {
        let Self { krate, arguments, definition, .. } = self;
        let (value, dir) = (definition.value, local("dir"));
        if let Some(save) = &arguments.save {
            return quote!(#krate::__private::IntoValue::<()>::into_value((#save)(self.stage.built(), #dir)));
        }
        if let Some(codec) = self.codec() {
            quote!(<#codec as #krate::codec::Codec<#value>>::save(self.stage.built(), #dir))
        } else {
            quote!(::core::result::Result::Ok(()))
        }
    }

    fn load(&self) -> TokenStream {
        let Self { krate, arguments, definition, .. } = self;
        let (value, cx) = (definition.value, local("cx"));
        let loaded = match (&arguments.load, self.codec()) {
            (Some(load), _) => quote!(#krate::__private::IntoValue::<#value>::into_value((#load)(#cx.dir()))?),
            (None, codec) => quote!(<#codec as #krate::codec::Codec<#value>>::load(&#cx.stored())?),
        };
        quote!(::core::result::Result::Ok(Self { stage: #krate::__private::Stage::Loaded(#loaded) }))
    }

    /// Returns the type that tests take.
    fn loaded(&self) -> TokenStream {
        let (krate, value) = (&self.krate, self.definition.value);
        match &self.arguments.codec {
            Some(_) => {
                let codec = self.codec();
                quote!(<#codec as #krate::codec::Codec<#value>>::Loaded)
            }
            None => value.to_token_stream(),
        }
    }

    /// Returns the codec, unless functions of the user write and read the files.
    fn codec(&self) -> Option<TokenStream> {
        let Self { krate, arguments, .. } = self;
        if arguments.load.is_some() {
            return None;
        }
        Some(match &arguments.codec {
            None => quote!(#krate::codec::Json),
            Some(codec) => match codec.path.get_ident().map(Ident::to_string).as_deref() {
                Some("rkyv") => quote!(#krate::codec::Rkyv),
                Some("json") => quote!(#krate::codec::Json),
                Some("postcard") => quote!(#krate::codec::Postcard),
                _ => codec.to_token_stream(),
            },
        })
    }
}

/// Returns the signature without the attributes that only this macro understands.
fn without_parameter_attributes(signature: &Signature) -> Signature {
    let mut signature = signature.clone();
    for input in &mut signature.inputs {
        if let FnArg::Typed(parameter) = input {
            parameter.attrs.retain(|attribute| !attribute.path().is_ident("config"));
        }
    }
    signature
}
