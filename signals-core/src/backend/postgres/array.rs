//! Lists of values that are bound as one array.

use sqlx::encode::{Encode, IsNull};
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgTypeInfo};
use sqlx::{Postgres, Type};

/// The types of elements, each with that of its arrays: whole numbers and UUIDs. Arrays of texts are not bound: the
/// server does not give their elements the type of the compared column, such as `CHAR(4)`.
const TYPES: [(u32, u32); 4] = [(INT8, INT8_ARRAY), (21, 1005), (23, 1007), (2950, 2951)];
const INT8: u32 = 20;
const INT8_ARRAY: u32 = 1016;

/// The elements of an array, as they are sent.
#[derive(Debug, Default)]
pub struct Elements {
    /// The type of the elements, and that of the array.
    types: Option<(u32, u32)>,
    len: i32,
    /// The elements, each after its length.
    buffer: PgArgumentBuffer,
}

impl Elements {
    /// Adds a value, unless it is NULL. Returns whether arrays of its type are bound.
    pub(super) fn push<'q, T>(&mut self, value: &T) -> Result<bool, BoxDynError>
    where
        T: Encode<'q, Postgres> + Type<Postgres>,
    {
        let Some(oid) = T::type_info().oid() else { return Ok(false) };
        let Some(types) = TYPES.into_iter().find(|(element, _)| *element == oid.0) else { return Ok(false) };
        self.types = Some(types);
        let start = self.buffer.len();
        self.buffer.extend([0; 4]);
        if value.encode_by_ref(&mut self.buffer)?.is_null() {
            self.buffer.truncate(start);
            return Ok(true);
        }
        let len = i32::try_from(self.buffer.len() - start - 4)?;
        self.buffer[start..start + 4].copy_from_slice(&len.to_be_bytes());
        self.len += 1;
        Ok(true)
    }
}

impl Type<Postgres> for Elements {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(INT8_ARRAY))
    }
}

impl Encode<'_, Postgres> for Elements {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let (element, _) = self.types.unwrap_or((INT8, INT8_ARRAY));
        let [dimensions, has_null, first] = [1_i32, 0, 1];
        for number in [dimensions, has_null, element.cast_signed(), self.len, first] {
            buffer.extend(number.to_be_bytes());
        }
        buffer.extend_from_slice(&self.buffer);
        Ok(IsNull::No)
    }

    fn produces(&self) -> Option<PgTypeInfo> {
        self.types.map(|(_, array)| PgTypeInfo::with_oid(Oid(array)))
    }

    fn size_hint(&self) -> usize {
        20 + self.buffer.len()
    }
}
