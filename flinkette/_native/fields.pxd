cpdef object get_field(object row, object field)
