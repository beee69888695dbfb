// SPDX-License-Identifier: MIT
#pragma once

#include <support/temporary_folder.hpp>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

/// An authority of the test's own. What it makes is in files that go with it, so that nothing in
/// this repository can expire. Errors: throws std::runtime_error.
class certificate_authority {
public:
    /// A certificate with its key, by their files.
    struct identity {
        std::string certificate_file;
        std::string key_file;
    };

    /// Others may have the same name, and are not taken for it.
    explicit certificate_authority(std::string const& name = "authority.test")
        : key_(make_key()), certificate_(make(name, *key_, -long_enough, long_enough)) {
        set_issuer(*certificate_, *certificate_);
        add(*certificate_, *certificate_, NID_basic_constraints, "critical,CA:TRUE");
        sign(*certificate_);
        write(certificate_file(), PEM_write_X509, certificate_.get());
    }

    std::string certificate_file() const { return (folder_.path / "authority.pem").string(); }

    /// Signs a certificate for alternative_names ("DNS:redis.test,IP:127.0.0.1"), valid from and until then,
    /// seen from now.
    identity issue(std::string const& alternative_names, std::chrono::seconds from = -long_enough,
                   std::chrono::seconds until = long_enough) {
        auto const name = (folder_.path / std::to_string(++issued_)).string();
        identity const made{name + ".pem", name + ".key"};
        auto const key = make_key();
        auto const certificate = make("client or server", *key, from, until);
        set_issuer(*certificate, *certificate_);
        add(*certificate, *certificate_, NID_subject_alt_name, alternative_names);
        sign(*certificate);
        write(made.certificate_file, PEM_write_X509, certificate.get());
        write(
            made.key_file,
            [&](std::FILE* file, EVP_PKEY* k) {
                return PEM_write_PrivateKey(file, k, nullptr, nullptr, 0, nullptr, nullptr);
            },
            key.get());
        return made;
    }

private:
    struct release {
        void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
        void operator()(EVP_PKEY_CTX* maker) const noexcept { EVP_PKEY_CTX_free(maker); }
        void operator()(X509* certificate) const noexcept { X509_free(certificate); }
        void operator()(X509_EXTENSION* extension) const noexcept {
            X509_EXTENSION_free(extension);
        }
        void operator()(std::FILE* file) const noexcept { std::fclose(file); }
    };
    template <class T>
    using owned = std::unique_ptr<T, release>;

    static constexpr std::chrono::seconds long_enough = std::chrono::hours(1);

    static void require(bool truth, char const* what) {
        if (!truth)
            throw std::runtime_error(std::string("cannot make a certificate: ") + what);
    }

    static owned<EVP_PKEY> make_key() {
        owned<EVP_PKEY_CTX> const maker(EVP_PKEY_CTX_new_id(EVP_PKEY_ED25519, nullptr));
        EVP_PKEY* key = nullptr;
        require(maker && EVP_PKEY_keygen_init(maker.get()) == 1 &&
                    EVP_PKEY_keygen(maker.get(), &key) == 1,
                "no key");
        return owned<EVP_PKEY>(key);
    }

    owned<X509> make(std::string const& name, EVP_PKEY& key, std::chrono::seconds from,
                     std::chrono::seconds until) {
        owned<X509> made(X509_new());
        require(made != nullptr, "no memory");
        constexpr long version_3 = 2;
        auto* const subject = X509_get_subject_name(made.get());
        auto const* const text = reinterpret_cast<unsigned char const*>(name.c_str());
        require(X509_set_version(made.get(), version_3) == 1 &&
                    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), issued_ + 1) == 1 &&
                    X509_gmtime_adj(X509_getm_notBefore(made.get()), from.count()) != nullptr &&
                    X509_gmtime_adj(X509_getm_notAfter(made.get()), until.count()) != nullptr &&
                    X509_set_pubkey(made.get(), &key) == 1 &&
                    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, text, -1, -1, 0) == 1,
                "its fields");
        return made;
    }

    static void set_issuer(X509& certificate, X509 const& issuer) {
        require(X509_set_issuer_name(&certificate, X509_get_subject_name(&issuer)) == 1, "issuer");
    }

    static void add(X509& certificate, X509 const& issuer, int what, std::string const& value) {
        X509V3_CTX context;
        X509V3_set_ctx(&context, const_cast<X509*>(&issuer), &certificate, nullptr, nullptr, 0);
        owned<X509_EXTENSION> const extension(
            X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str()));
        require(extension && X509_add_ext(&certificate, extension.get(), -1) == 1, "an extension");
    }

    void sign(X509& certificate) {
        require(X509_sign(&certificate, key_.get(), nullptr) > 0, "signature");
    }

    template <class Write, class What>
    static void write(std::string const& path, Write write_to, What* what) {
        owned<std::FILE> const file(std::fopen(path.c_str(), "w"));
        require(file && write_to(file.get(), what) == 1, path.c_str());
    }

    temporary_folder const folder_;
    long issued_ = 0;
    owned<EVP_PKEY> const key_;
    owned<X509> const certificate_;
};
