// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

// Structured bindings of each number of members: C++20 binds no pack.
namespace hubbub::detail {

inline constexpr std::size_t max_fields = 24;

/// Visits the members of an object that has N of them.
///
/// `visit(object, use)` returns use(members...), in the order of their declaration.
/// `whole<T>`: the braces of a T take N times `{}`, so that none of N values that they take is an
/// element of an array, which takes `{}` whole.
template <std::size_t N>
struct members_of;

// clang-format off
template <>
struct members_of<0> {
    template <class T> static constexpr bool whole = requires { T{}; };
    template <class T, class F> static constexpr decltype(auto) visit(T&, F&& use) { return use(); }
};
template <>
struct members_of<1> {
    template <class T> static constexpr bool whole = requires { T{{}}; };
    template <class T, class F> static constexpr decltype(auto) visit(T& object, F&& use) {
        auto& [a] = object; return use(a);
    }
};
template <>
struct members_of<2> {
    template <class T> static constexpr bool whole = requires { T{{},{}}; };
    template <class T, class F> static constexpr decltype(auto) visit(T& object, F&& use) {
        auto& [a,b] = object; return use(a,b);
    }
};
template <>
struct members_of<3> {
    template <class T> static constexpr bool whole = requires { T{{},{},{}}; };
    template <class T, class F> static constexpr decltype(auto) visit(T& object, F&& use) {
        auto& [a,b,c] = object; return use(a,b,c);
    }
};
template <>
struct members_of<4> {
    template <class T> static constexpr bool whole = requires { T{{},{},{},{}}; };
    template <class T, class F> static constexpr decltype(auto) visit(T& object, F&& use) {
        auto& [a,b,c,d] = object; return use(a,b,c,d);
    }
};
template <>
struct members_of<5> {
    template <class T> static constexpr bool whole = requires { T{{},{},{},{},{}}; };
    template <class T, class F> static constexpr decltype(auto) visit(T& object, F&& use) {
        auto& [a,b,c,d,e] = object; return use(a,b,c,d,e);
    }
};
template <>
struct members_of<6> {
    template <class T> static constexpr bool whole = requires { T{{},{},{},{},{},{}}; };
    template <class T, class F> static constexpr decltype(auto) visit(T& object, F&& use) {
        auto& [a,b,c,d,e,f] = object; return use(a,b,c,d,e,f);
    }
};
template <>
struct members_of<7> {
    template <class T> static constexpr bool whole = requires { T{{},{},{},{},{},{},{}}; };
    template <class T, class F> static constexpr decltype(auto) visit(T& object, F&& use) {
        auto& [a,b,c,d,e,f,g] = object; return use(a,b,c,d,e,f,g);
    }
};
template <>
struct members_of<8> {
    template <class T> static constexpr bool whole = requires { T{{},{},{},{},{},{},{},{}}; };
    template <class T, class F> static constexpr decltype(auto) visit(T& object, F&& use) {
        auto& [a,b,c,d,e,f,g,h] = object; return use(a,b,c,d,e,f,g,h);
    }
};
template <>
struct members_of<9> {
    template <class T> static constexpr bool whole = requires { T{{},{},{},{},{},{},{},{},{}}; };
    template <class T, class F> static constexpr decltype(auto) visit(T& object, F&& use) {
        auto& [a,b,c,d,e,f,g,h,i] = object; return use(a,b,c,d,e,f,g,h,i);
    }
};
template <>
struct members_of<10> {
    template <class T> static constexpr bool whole = requires { T{{},{},{},{},{},{},{},{},{},{}}; };
    template <class T, class F> static constexpr decltype(auto) visit(T& object, F&& use) {
        auto& [a,b,c,d,e,f,g,h,i,j] = object; return use(a,b,c,d,e,f,g,h,i,j);
    }
};
template <>
struct members_of<11> {
    template <class T> static constexpr bool whole = requires { T{{},{},{},{},{},{},{},{},{},{},{}}; };
    template <class T, class F> static constexpr decltype(auto) visit(T& object, F&& use) {
        auto& [a,b,c,d,e,f,g,h,i,j,k] = object; return use(a,b,c,d,e,f,g,h,i,j,k);
    }
};
template <>
struct members_of<12> {
    template <class T> static constexpr bool whole = requires { T{{},{},{},{},{},{},{},{},{},{},{},{}}; };
    template <class T, class F> static constexpr decltype(auto) visit(T& object, F&& use) {
        auto& [a,b,c,d,e,f,g,h,i,j,k,l] = object; return use(a,b,c,d,e,f,g,h,i,j,k,l);
    }
};
template <>
struct members_of<13> {
    template <class T> static constexpr bool whole = requires { T{{},{},{},{},{},{},{},{},{},{},{},{},{}}; };
    template <class T, class F> static constexpr decltype(auto) visit(T& object, F&& use) {
        auto& [a,b,c,d,e,f,g,h,i,j,k,l,m] = object; return use(a,b,c,d,e,f,g,h,i,j,k,l,m);
    }
};
template <>
struct members_of<14> {
    template <class T> static constexpr bool whole = requires { T{{},{},{},{},{},{},{},{},{},{},{},{},{},{}}; };
    template <class T, class F> static constexpr decltype(auto) visit(T& object, F&& use) {
        auto& [a,b,c,d,e,f,g,h,i,j,k,l,m,n] = object; return use(a,b,c,d,e,f,g,h,i,j,k,l,m,n);
    }
};
template <>
struct members_of<15> {
    template <class T> static constexpr bool whole = requires { T{{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}}; };
    template <class T, class F> static constexpr decltype(auto) visit(T& object, F&& use) {
        auto& [a,b,c,d,e,f,g,h,i,j,k,l,m,n,o] = object; return use(a,b,c,d,e,f,g,h,i,j,k,l,m,n,o);
    }
};
template <>
struct members_of<16> {
    template <class T> static constexpr bool whole = requires { T{{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}}; };
    template <class T, class F> static constexpr decltype(auto) visit(T& object, F&& use) {
        auto& [a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p] = object; return use(a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p);
    }
};
template <>
struct members_of<17> {
    template <class T> static constexpr bool whole = requires { T{{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}}; };
    template <class T, class F> static constexpr decltype(auto) visit(T& object, F&& use) {
        auto& [a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q] = object; return use(a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q);
    }
};
template <>
struct members_of<18> {
    template <class T> static constexpr bool whole = requires { T{{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}}; };
    template <class T, class F> static constexpr decltype(auto) visit(T& object, F&& use) {
        auto& [a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r] = object; return use(a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r);
    }
};
template <>
struct members_of<19> {
    template <class T> static constexpr bool whole = requires { T{{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}}; };
    template <class T, class F> static constexpr decltype(auto) visit(T& object, F&& use) {
        auto& [a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s] = object; return use(a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s);
    }
};
template <>
struct members_of<20> {
    template <class T> static constexpr bool whole = requires { T{{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}}; };
    template <class T, class F> static constexpr decltype(auto) visit(T& object, F&& use) {
        auto& [a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t] = object; return use(a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t);
    }
};
template <>
struct members_of<21> {
    template <class T> static constexpr bool whole = requires { T{{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}}; };
    template <class T, class F> static constexpr decltype(auto) visit(T& object, F&& use) {
        auto& [a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u] = object; return use(a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u);
    }
};
template <>
struct members_of<22> {
    template <class T> static constexpr bool whole = requires { T{{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}}; };
    template <class T, class F> static constexpr decltype(auto) visit(T& object, F&& use) {
        auto& [a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v] = object; return use(a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v);
    }
};
template <>
struct members_of<23> {
    template <class T> static constexpr bool whole = requires { T{{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}}; };
    template <class T, class F> static constexpr decltype(auto) visit(T& object, F&& use) {
        auto& [a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v,w] = object; return use(a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v,w);
    }
};
template <>
struct members_of<24> {
    template <class T> static constexpr bool whole = requires { T{{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}}; };
    template <class T, class F> static constexpr decltype(auto) visit(T& object, F&& use) {
        auto& [a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v,w,x] = object; return use(a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v,w,x);
    }
};
// clang-format on

} // namespace hubbub::detail
