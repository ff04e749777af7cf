//! The attribute `#[belljar::tool]`: see the crate `belljar-guest`, which re-exports it.

use proc_macro::TokenStream;
use proc_macro2::TokenStream as Tokens;
use quote::quote;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{
    Attribute, Error, Expr, ExprArray, ExprLit, FnArg, ItemFn, Lit, LitStr, Meta, MetaNameValue, Result, ReturnType,
    Token, Type, parse_macro_input,
};

/// Makes a function the tool's: documented at `belljar_guest::tool`.
#[proc_macro_attribute]
pub fn tool(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let function = parse_macro_input!(item as ItemFn);
    let expanded = Said::parse(arguments.into()).and_then(|said| expand(&said, &function));
    let added = expanded.unwrap_or_else(Error::into_compile_error);
    quote! { #function #added }.into()
}

/// What stands in the attribute's parentheses.
#[derive(Default)]
struct Said {
    name: Option<LitStr>,
    description: Option<LitStr>,
    wants: Vec<LitStr>,
}

impl Said {
    fn parse(arguments: Tokens) -> Result<Self> {
        let mut said = Said::default();
        for given in Punctuated::<MetaNameValue, Token![,]>::parse_terminated.parse2(arguments)? {
            if given.path.is_ident("name") {
                said.name = Some(text(&given.value)?);
            } else if given.path.is_ident("description") {
                said.description = Some(text(&given.value)?);
            } else if given.path.is_ident("wants") {
                let Expr::Array(ExprArray { elems, .. }) = &given.value else {
                    return Err(Error::new(given.value.span(), "`wants` is a list: wants = [\"kv notes/**\"]"));
                };
                said.wants = elems.iter().map(text).collect::<Result<_>>()?;
            } else {
                let why = "there is `name = \"…\"`, `description = \"…\"` and `wants = [\"…\"]`";
                return Err(Error::new(given.path.span(), why));
            }
        }
        Ok(said)
    }
}

fn text(value: &Expr) -> Result<LitStr> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Ok(text.clone()),
        other => Err(Error::new(other.span(), "a text in quotes is expected")),
    }
}

fn expand(said: &Said, function: &ItemFn) -> Result<Tokens> {
    let signature = &function.sig;
    if let Some(keyword) = &signature.asyncness {
        return Err(Error::new(keyword.span(), "a tool's function is not async: requests wait by themselves"));
    }
    if !signature.generics.params.is_empty() {
        return Err(Error::new(signature.generics.span(), "a tool's function has no type parameters"));
    }
    let parameters: Vec<&Type> = signature
        .inputs
        .iter()
        .map(|argument| match argument {
            FnArg::Typed(typed) => Ok(&*typed.ty),
            FnArg::Receiver(receiver) => Err(Error::new(receiver.span(), "a tool's function is not a method")),
        })
        .collect::<Result<_>>()?;
    let name = &signature.ident;
    let (call, input) = match parameters.as_slice() {
        [] => (quote!(|_: ::belljar::private::Nothing| #name()), quote!(::belljar::private::Nothing)),
        [input] => (quote!(#name), quote!(#input)),
        _ => {
            let why = "a tool's function takes one input: a struct with the fields that the input has";
            return Err(Error::new(signature.inputs.span(), why));
        }
    };
    let unit: Type = syn::parse_quote!(());
    let output = match &signature.output {
        ReturnType::Default => &unit,
        ReturnType::Type(_, output) => output,
    };
    // Whether it can fail stands in the type's name, as everywhere in Rust.
    let fallible = matches!(output, Type::Path(path) if path.path.segments.last().is_some_and(|s| s.ident == "Result"));
    let (run, output) = if fallible {
        (quote!(run_fallible), quote!(<#output as ::belljar::private::Fallible>::Output))
    } else {
        (quote!(run_infallible), quote!(#output))
    };
    let optional = |text: &Option<LitStr>| match text {
        Some(text) => quote!(::core::option::Option::Some(#text)),
        None => quote!(::core::option::Option::None),
    };
    let (tool, wants) = (optional(&said.name), &said.wants);
    let description = said.description.as_ref().map_or_else(|| documentation(&function.attrs), LitStr::value);
    Ok(quote! {
        #[cfg(target_family = "wasm")]
        const _: () = {
            struct Tool;
            impl ::belljar::private::Guest for Tool {
                fn run(input: ::std::string::String) -> ::core::result::Result<::std::string::String, ::belljar::private::Fault> {
                    ::belljar::private::#run(&input, #call)
                }
                fn describe() -> ::std::string::String {
                    ::belljar::private::describe::<#input, #output>(#tool, #description, &[#(#wants),*])
                }
            }
            ::belljar::private::export_tool!(Tool with_types_in ::belljar::private::world);
        };
    })
}

/// The text of the doc comment.
fn documentation(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(MetaNameValue { path, value, .. }) if path.is_ident("doc") => text(value).ok(),
        _ => None,
    });
    let lines: Vec<String> = lines.map(|line| line.value().trim().to_owned()).collect();
    lines.join("\n").trim().to_owned()
}
